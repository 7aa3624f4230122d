"""What tables share, as markup: names, amounts, and what stands where there is none. Pure; for templates.

Functions, not macros: a page has hundreds of them, and a macro takes several times as long."""

from markupsafe import Markup, escape

from web.costs import Cost
from web.filters import DASH, full, plain_usd, shown, tokens, usd, usd_told


def name(text: str | None, instead: str) -> Markup:
    """
    >>> name("a<b", "no model")
    Markup('<bdi class="name" title="a&lt;b">a&lt;b</bdi>')
    """
    if text is None:
        return as_markup(f'<span class="nameless">{escape(instead)}</span>')
    return as_markup(f'<bdi class="name" title="{escape(full(text))}">{escape(shown(text))}</bdi>')


def dash(why: str) -> Markup:
    told = f'<span class="unseen">{escape(why)}</span>'
    return as_markup(f'<span class="dash"><span aria-hidden="true">{DASH}</span>{told}</span>')


def money(cost: Cost, places: int) -> Markup:
    """Rounded to *places*; exact on hover, and for programs."""
    if cost.amount is not None:
        told = f"{usd_told(cost.amount)} · {full(cost.reason)}" if cost.reason else usd_told(cost.amount)
        return as_markup(
            f'<data class="money" value="{plain_usd(cost.amount)}" title="{escape(told)}">'
            f"{escape(usd(cost.amount, places))}</data>"
        )
    if cost.is_unknown:
        return dash("cost not known")
    return as_markup(f'<span class="word" title="{escape(full(cost.reason))}">{escape(cost.word)}</span>')


def known(number: int | None, label: str) -> Markup:
    """A cell of a table; None: nobody knows."""
    return cell(dash("not known") if number is None else tokens(number), label)


def cell(number: Markup | str, label: str) -> Markup:
    """Of numbers. *label* stands before it where a page is narrow."""
    return as_markup(f'<td role="cell" class="count" data-label="{escape(label)}">{escape(number)}</td>')


def as_markup(html: str) -> Markup:
    """*html*, whose parts from outside are escaped."""
    return Markup(html)  # noqa: S704
