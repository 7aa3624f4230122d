import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import jinja2
import pytest
from aiohttp import web

from ledger.call import Entry, UsageBasis
from ledger.errors import LedgerError
from ledger.period import us_of
from ledger.sqlite.reader import SqliteReader, open_sqlite_reader
from ledger.store import Reader
from ledger.usage import TokenUsage
from tests.web.sample import (
    HOSTILE_NAMES,
    LONG,
    MARKUP,
    NOW,
    PRICES,
    entry_at,
    hostile_entries,
    varied_entries,
    write_ledger,
)
from tests.web.server import BASE_URL, asked, serving, settings_for
from web.addresses import REPORT_PATH
from web.entrance import wants_report
from web.rendering import template_environment

TODAY_US = us_of(NOW.date())
GPT_4O = PRICES[2]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "payback.db"


async def report_of(ledger: Path, entries: Sequence[Entry] = (), query: str = "", **settings: object) -> str:
    """The page's HTML, with the white space between words made one space."""
    write_ledger(ledger, entries)
    async with serving(settings_for(ledger, **settings)) as address:
        answer = await asked(f"{address}{REPORT_PATH}{query}")
    assert answer.status == 200
    return re.sub(r"\s+", " ", answer.text)


def text_of(html: str) -> str:
    """What a person reads: no tags, no attributes, no styles."""
    words = re.sub(r"<style>.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", words)


def call(number: int, tokens: int, **facts: object) -> Entry:
    usage = TokenUsage(input_tokens=tokens, cache_read_tokens=tokens // 4, output_tokens=1)
    facts = {"request_model": "gpt-4o", "usage": usage, "usage_basis": UsageBasis.REPORTED, **facts}
    return entry_at(TODAY_US + number, number, **facts)


async def test_the_page_says_the_exact_sum_and_how_many_calls_are_not_in_it(ledger: Path) -> None:
    """400 tokens in, 100 of them cached, 1 out: 300 x 2.50 + 100 x 1.25 + 10 = 885 per million; 29 times."""
    unpriced = [call(n, 10, unpriced_reason="no price for openai x") for n in (1, 2)]
    html = await report_of(ledger, [*unpriced, *(call(n, 400, price=GPT_4O) for n in range(3, 32))])
    assert '<data value="0.025665" title="0.025665 USD">$0.025665</data>' in html
    assert "exactly $0.025665" in text_of(html)
    assert "2 of 31 calls unpriced" in text_of(html)
    assert "2 no price for openai x" in text_of(html)


async def test_unpriced_estimated_interrupted_and_self_hosted_are_said_even_when_there_are_none(
    ledger: Path,
) -> None:
    text = text_of(await report_of(ledger, [call(1, 400, price=GPT_4O)]))
    for words in ("0 of 1 call unpriced", "0 unpriced", "0 estimated", "0 interrupted", "0 self-hosted"):
        assert words in text


async def test_what_of_the_sum_rests_on_estimates_is_said_in_money_too(ledger: Path) -> None:
    """400 tokens in and 1 out at 885 per million: 0.000885 USD for each of two calls."""
    guess = call(2, 400, price=GPT_4O, usage_basis=UsageBasis.ESTIMATED)
    text = text_of(await report_of(ledger, [call(1, 400, price=GPT_4O), guess]))
    assert "1 estimated their tokens were counted here, as upstream did not say; $0.000885 of the sum" in text
    assert "gpt-4o 1 estimated ($0.000885)" in text


async def test_what_upstream_itself_charges_is_said_beside_the_list_cost_of_the_same_calls(
    ledger: Path,
) -> None:
    claimed = call(1, 400, price=GPT_4O, upstream_cost=900_000)
    text = text_of(await report_of(ledger, [claimed, call(2, 400, price=GPT_4O)]))
    assert "own bill: $0.0009 for calls that are listed here at $0.000885" in text
    assert "own bill" not in text_of(await report_of(ledger.with_name("2.db"), [call(3, 400, price=GPT_4O)]))


async def test_an_unknown_cost_is_a_dash_with_its_reason_and_never_zero_dollars(ledger: Path) -> None:
    text = text_of(await report_of(ledger, [call(1, 400, unpriced_reason="no price for openai gpt-9")]))
    assert "Spend — cost not known 1 call of unknown cost" in text
    assert "1 no price for openai gpt-9" in text
    assert "$" not in text


async def test_self_hosted_is_said_in_words_and_has_no_money(ledger: Path) -> None:
    text = text_of(await report_of(ledger, [call(1, 400, request_model="llama", upstream="ollama")]))
    assert "Spend self-hosted not billed per token" in text
    assert "$" not in text


async def test_tokens_are_grouped_and_cached_ones_are_a_share_of_the_input(ledger: Path) -> None:
    text = text_of(await report_of(ledger, [call(1, 1_234_568, price=GPT_4O)]))
    assert "Input tokens 1,234,568 Cached input tokens 308,642 25.0% Output tokens 1" in text


async def test_a_ledger_without_calls_says_where_to_point_an_application(ledger: Path) -> None:
    html = await report_of(ledger)
    assert "No calls yet" in html
    assert f"export OPENAI_BASE_URL={BASE_URL}" in html
    assert "unpriced" not in html


async def test_a_month_without_calls_leads_to_the_month_that_has_some(ledger: Path) -> None:
    html = await report_of(ledger, [call(1, 400, price=GPT_4O)], "?month=2026-09")
    assert "No calls in September 2026." in html
    assert '<a href="?month=2026-11">November 2026</a>' in html


async def test_a_month_is_named_in_the_address_and_leads_to_its_neighbours(ledger: Path) -> None:
    entries = varied_entries()
    html = await report_of(ledger, entries, "?month=2026-10")
    assert "<title>October 2026 · payback</title>" in html
    assert 'rel="prev" href="?month=2026-09"' in html
    assert 'rel="next" href="?month=2026-11"' in html
    current = await report_of(ledger)
    assert "<title>November 2026 · payback</title>" in current
    assert 'rel="next"' not in current
    blank = await report_of(ledger, (), "?month=")
    assert blank.partition("<footer")[0] == current.partition("<footer")[0]


@pytest.mark.parametrize(
    "month",
    [
        "2026-13",
        "x",
        "2026-1",
        "2026-10-01",
        "9999-12",
        "%00",
        "%F0%9F%92%A9",
        "A" * 4000,
        "<script>alert(1)</script>",
    ],
)
async def test_a_month_that_is_none_is_told_so_on_a_page(ledger: Path, month: str) -> None:
    write_ledger(ledger, [])
    async with serving(settings_for(ledger)) as address:
        answer = await asked(f"{address}{REPORT_PATH}?month={month}")
    assert answer.status == 400
    assert "is not a month; write it as 2026-10" in answer.text or len(month) > 1000
    assert "<script>" not in answer.text
    assert "A" * 1000 not in answer.text


async def test_names_that_mean_harm_are_text_in_every_place(ledger: Path) -> None:
    html = await report_of(
        ledger, list(hostile_entries()), base_url=MARKUP, ledger_name=MARKUP, notices=lambda: [MARKUP]
    )
    assert "<script>alert" not in html
    assert "<img src=&#34;https" not in html
    assert html.count("<script") == 2
    assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;" in html
    assert "{{ 7 * 7 }} {% raw %} &amp;amp;" in html
    assert LONG[:400] not in html
    assert not set(html) & set("\x00\x1b\u202e")


async def test_every_name_from_outside_is_kept_apart_from_the_direction_of_the_page(ledger: Path) -> None:
    html = re.sub(r"<(\w+)[^>]*>", r"<\1>", await report_of(ledger, list(hostile_entries())))
    for name in HOSTILE_NAMES:
        for found in re.finditer(re.escape(_as_html(name)[:20]), html):
            before = html[: found.start()]
            assert before.rfind("<bdi") > before.rfind("</bdi>"), html[found.start() - 80 : found.end()]


def _as_html(name: str) -> str:
    from markupsafe import escape

    from web.filters import shown

    return str(escape(shown(name)))


def test_a_template_that_names_what_is_not_there_fails_instead_of_printing_nothing() -> None:
    with pytest.raises(jinja2.UndefinedError):
        template_environment().from_string("{{ no_such_thing }}").render()


async def test_notices_stand_above_everything(ledger: Path) -> None:
    html = await report_of(ledger, notices=lambda: ["This ledger is made up.", "The ledger spools."])
    assert html.index("This ledger is made up.") < html.index("The ledger spools.") < html.index("<h1")


async def test_all_answers_forbid_what_a_page_of_ours_never_does(ledger: Path) -> None:
    write_ledger(ledger, varied_entries()[:10])
    async with serving(settings_for(ledger)) as address:
        report = await asked(f"{address}{REPORT_PATH}")
        links = re.findall(r'(?:href|src)="(/-/static/[^"]+)"', report.text)
        answers = [await asked(address + path) for path in ("/-/nothing", "/-/report?month=x", "/-/", *links)]
        refused = await asked(f"{address}{REPORT_PATH}", {"Host": "evil.example"})
    assert len(set(links)) == 3
    for answer in (report, refused, *answers):
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "same-origin"
        assert (
            "no-store" in answer.headers["Cache-Control"]
            or answer.headers["Content-Type"] != "text/html; charset=utf-8"
        )


async def test_script_and_icon_may_be_kept_for_good_because_their_address_changes(ledger: Path) -> None:
    html = await report_of(ledger)
    links = sorted(set(re.findall(r'(?:href|src)="(/-/static/[^"]+)"', html)))
    async with serving(settings_for(ledger)) as address:
        answers = [await asked(address + link) for link in links]
    assert [answer.headers["Content-Type"].partition(";")[0] for answer in answers] == [
        "image/svg+xml", "text/javascript", "text/javascript",
    ]  # fmt: skip
    assert all("immutable" in answer.headers["Cache-Control"] for answer in answers)


@pytest.mark.parametrize(
    "path",
    [
        "/-/static/report.css",
        "/-/static/../app.py",
        "/-/static/%2e%2e/app.py",
        "/-/static/",
        "/-/report/",
        "/-/app.py",
    ],
)
async def test_nothing_is_served_but_what_has_a_name(ledger: Path, path: str) -> None:
    write_ledger(ledger, [])
    async with serving(settings_for(ledger)) as address:
        answer = await asked(address + path)
    assert answer.status == 404
    assert "There is no such page" in answer.text


async def test_the_report_is_read_and_not_written(ledger: Path) -> None:
    write_ledger(ledger, [])
    async with serving(settings_for(ledger)) as address:
        for method in ("POST", "PUT", "DELETE", "PATCH", "OPTIONS"):
            answer = await asked(f"{address}{REPORT_PATH}", method=method)
            assert (answer.status, answer.headers["Allow"]) == (405, "GET, HEAD")


async def test_head_answers_as_get_does_without_a_body(ledger: Path) -> None:
    write_ledger(ledger, varied_entries()[:10])
    async with serving(settings_for(ledger)) as address:
        got, head = (
            await asked(f"{address}{REPORT_PATH}"),
            await asked(f"{address}{REPORT_PATH}", method="HEAD"),
        )
    assert (head.status, head.text) == (200, "")
    assert head.headers["Content-Length"] == got.headers["Content-Length"]


async def test_a_short_address_leads_to_the_report(ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address:
        answer = await asked(f"{address}/-/")
    assert (answer.status, answer.headers["Location"]) == (303, REPORT_PATH)


@pytest.mark.parametrize(
    ("method", "path", "accept", "wanted"),
    [
        ("GET", "/", "text/html,application/xhtml+xml,*/*;q=0.8", True),
        ("GET", "/", "Text/HTML", True),
        ("GET", "/", "*/*", False),
        ("GET", "/", "application/json", False),
        ("HEAD", "/", "text/html", False),
        ("POST", "/", "text/html", False),
        ("GET", "/v1/models", "text/html", False),
    ],
)
async def test_only_a_browser_that_opens_the_bare_address_is_sent_to_the_report(
    ledger: Path, method: str, path: str, accept: str, wanted: bool
) -> None:
    async def front(request: web.Request) -> web.Response:
        return web.Response(headers={"X-Wants-Report": str(wants_report(request))})

    def proxy(app: web.Application) -> None:
        app.router.add_route("*", "/{path:.*}", front)

    async with serving(settings_for(ledger), proxy) as address:
        answer = await asked(address + path, {"Accept": accept}, method)
    assert answer.headers["X-Wants-Report"] == str(wanted)


async def test_a_ledger_that_cannot_be_read_is_a_page_with_the_sentence(ledger: Path) -> None:
    async with serving(settings_for(ledger)) as address:
        answer = await asked(f"{address}{REPORT_PATH}")
    assert answer.status == 503
    assert "there is no ledger at" in answer.text


async def test_another_programs_file_is_a_page_with_the_sentence(ledger: Path) -> None:
    ledger.write_text("not a ledger at all, and long enough to be read as one" * 20)
    async with serving(settings_for(ledger)) as address:
        answer = await asked(f"{address}{REPORT_PATH}")
    assert answer.status == 503
    assert "payback.db" in answer.text


@dataclass
class SlowOpening:
    """Opens the ledger after *seconds*; a disk that hangs."""

    ledger: Path
    seconds: float
    opened: list[SqliteReader] = field(default_factory=list)

    def __call__(self) -> Reader:
        time.sleep(self.seconds)
        self.opened.append(open_sqlite_reader(self.ledger))
        return self.opened[-1]


async def test_a_slow_ledger_is_a_page_in_time_and_stops_nobody_else(ledger: Path) -> None:
    write_ledger(ledger, [])
    opening = SlowOpening(ledger, 0.5)
    settings = settings_for(ledger, open_reader=opening, answer_within_s=0.1)
    async with serving(settings) as address:
        slow = asyncio.ensure_future(asked(f"{address}{REPORT_PATH}"))
        await asyncio.sleep(0.02)
        started = time.monotonic()
        other = await asked(f"{address}/-/nothing")
        assert (other.status, time.monotonic() - started < 0.2) == (404, True)
        answer = await slow
        assert answer.status == 503
        assert "did not answer within 0.1 s" in answer.text
        await asyncio.sleep(0.6)
    assert len(opening.opened) == 1


async def test_readers_are_closed_whatever_becomes_of_the_page(ledger: Path) -> None:
    write_ledger(ledger, [call(1, 400, price=GPT_4O)])
    opening = SlowOpening(ledger, 0)
    async with serving(settings_for(ledger, open_reader=opening)) as address:
        answers = await asyncio.gather(*(asked(f"{address}{REPORT_PATH}") for _ in range(8)))
    assert [answer.status for answer in answers] == [200] * 8
    assert len(opening.opened) == 8
    for reader in opening.opened:
        with pytest.raises(LedgerError, match="closed"):
            reader.last_calls(1)


async def test_a_fault_of_ours_is_a_page_that_tells_nothing_and_a_line_in_the_log(
    ledger: Path, caplog: pytest.LogCaptureFixture
) -> None:
    def fail() -> Reader:
        raise RuntimeError("a secret of the machine")

    async with serving(settings_for(ledger, open_reader=fail)) as address:
        answer = await asked(f"{address}{REPORT_PATH}")
    assert answer.status == 500
    assert "secret" not in answer.text
    assert "the report could not be made" in caplog.text


async def test_an_entry_is_on_the_page_as_soon_as_it_is_in_the_ledger(ledger: Path) -> None:
    write_ledger(ledger, [call(1, 400, price=GPT_4O)])
    async with serving(settings_for(ledger)) as address:
        before = await asked(f"{address}{REPORT_PATH}")
        write_ledger(ledger, [call(2, 400, price=GPT_4O)])
        after = await asked(f"{address}{REPORT_PATH}")
    assert "0 of 1 call unpriced" in before.text
    assert "0 of 2 calls unpriced" in after.text
