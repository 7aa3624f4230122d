"""Sums that lead to the calls that they sum, as markup. Pure; for templates, as web.parts.

*href* is the address of the list of calls, narrowed to what a row sums; empty: there is none."""

from collections.abc import Iterable

from markupsafe import Markup, escape

from ledger.rollup import Rollup
from web import parts
from web.costs import Cost, Mark
from web.filters import tokens
from web.parts import as_markup


def leads(text: Markup | str, href: str, what: str = "") -> Markup:
    """*what* is told on hover.

    >>> leads("7", "/-/report/calls?model=a&user=b")
    Markup('<a class="to-calls" href="/-/report/calls?model=a&amp;user=b">7</a>')
    """
    if not href:
        return escape(text)
    title = f' title="{escape(what)}"' if what else ""
    return as_markup(f'<a class="to-calls" href="{escape(href)}"{title}>{escape(text)}</a>')


def again(text: Markup | str, href: str) -> Markup:
    """Of a row whose name leads to the same calls: for who points at it; the keyboard has the name."""
    if not href:
        return escape(text)
    return as_markup(f'<a class="to-calls again" tabindex="-1" href="{escape(href)}">{escape(text)}</a>')


def name(text: str | None, instead: str, href: str) -> Markup:
    return leads(parts.name(text, instead), href)


def more(others: int, href: str) -> Markup:
    """Names that are summed up in one row."""
    return leads(as_markup(f'<span class="nameless">{tokens(others)} more</span>'), href)


def money(cost: Cost, places: int, href: str) -> Markup:
    return again(parts.money(cost, places), href if cost.amount is not None else "")


def count(number: int, href: str, label: str) -> Markup:
    """A cell of a row whose name leads to its calls."""
    return parts.cell(again(tokens(number), href if number else ""), label)


def calls(number: int, href: str, label: str) -> Markup:
    """A cell of a row that has no such name."""
    return parts.cell(leads(tokens(number), href), label)


def tokens_of(sums: Rollup, href: str) -> Markup:
    """Input and output together; the parts on hover."""
    split = (
        f"{tokens(sums.input_tokens)} in, {tokens(sums.cache_read_tokens)} of them cached;"
        f" {tokens(sums.output_tokens)} out"
    )
    both = again(tokens(sums.input_tokens + sums.output_tokens), href)
    return parts.cell(as_markup(f'<span title="{escape(split)}">{both}</span>'), "tokens")


def unknown_of(marks: Iterable[Mark], href: str) -> Markup:
    """What of a sum is not known."""
    found = [mark for mark in marks if mark.is_warning]
    return as_markup("".join(f'<span class="beside warning">{_mark(mark, href)}</span>' for mark in found))


def others_of(marks: Iterable[Mark], href: str) -> Markup:
    """What else is to be known of it."""
    found = [mark for mark in marks if not mark.is_warning]
    told = " ".join(f'<span class="mark">{_mark(mark, href)}</span>' for mark in found)
    return as_markup(f'<span class="beside">{told}</span>' if found else "")


def _mark(mark: Mark, href: str) -> Markup:
    return leads(mark.text, f"{href}&{mark.query}" if href and mark.query else "")
