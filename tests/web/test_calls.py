"""The pages on single calls, as a client gets them."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from msgspec.structs import replace

from ledger.call import Attribution, Entry, Outcome, UsageBasis
from ledger.errors import LedgerError
from ledger.ids import render_call_id
from ledger.period import us_of
from ledger.store import Reader
from ledger.usage import TokenUsage
from tests.web.sample import (
    LONG,
    MARKUP,
    NOW,
    PRICES,
    entry_at,
    hostile_entries,
    varied_entries,
    write_ledger,
)
from tests.web.server import Answer, asked, serving, settings_for
from web.addresses import CALLS_PATH

TODAY_US = us_of(NOW.date())
GPT_4O = PRICES[2]


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "payback.db"


async def got(ledger: Path, query: str = "", entries: Sequence[Entry] = (), path: str = CALLS_PATH) -> Answer:
    write_ledger(ledger, entries)
    async with serving(settings_for(ledger)) as address:
        return await asked(f"{address}{path}{query}")


def text_of(html: str) -> str:
    """What a person reads: no tags, no attributes, no styles."""
    words = re.sub(r"<style>.*?</style>|<[^>]*>", " ", html, flags=re.DOTALL)
    return re.sub(r"\s+", " ", words)


def lines_of(html: str) -> list[str]:
    """The ids of the calls that are listed."""
    return re.findall(r'<tr role="row" id="call-([^"]+)">', html)


def links_of(html: str, words: str) -> list[str]:
    found = re.findall(rf'<a [^>]*href="([^"]*)"[^>]*>(?:(?!</a>).)*{words}', html, re.DOTALL)
    return [href.replace("&amp;", "&") for href in found]


def call(number: int, **facts: object) -> Entry:
    """400 tokens in and 1 out: 0.00101 USD at 2.50 and 10.00 per million."""
    usage = TokenUsage(input_tokens=400, output_tokens=1)
    base: dict[str, object] = {"request_model": "gpt-4o", "usage": usage, "price": GPT_4O}
    return entry_at(
        TODAY_US + number * 1_000_000, number, usage_basis=UsageBasis.REPORTED, **{**base, **facts}
    )


def id_of(entry: Entry) -> str:
    return render_call_id(entry.call.call_id)


async def test_the_latest_calls_are_listed_first_and_each_leads_to_its_page(ledger: Path) -> None:
    calls = [call(number) for number in range(3)]
    html = (await got(ledger, entries=calls)).text
    assert lines_of(html) == [id_of(entry) for entry in reversed(calls)]
    assert f'href="{CALLS_PATH}/{id_of(calls[0])}"' in html


async def test_the_sums_are_of_all_calls_that_pass_and_not_of_the_page(ledger: Path) -> None:
    """120 calls of 0.00101 USD each, and one whose cost is not known."""
    others = [call(500, request_model="other", price=None, unpriced_reason="no price")]
    text = text_of((await got(ledger, entries=[*map(call, range(120)), *others])).text)
    assert "Cost $0.12 Calls 121 Input tokens 48,400" in text
    assert "1 unpriced" in text
    one_model = await got(ledger, "?model=gpt-4o")
    assert 'title="0.1212 USD"' in one_model.text
    assert "Calls 120" in text_of(one_model.text)


async def test_a_count_leads_to_as_many_calls_as_it_counts(ledger: Path) -> None:
    entries = varied_entries()
    async with serving(settings_for(write_ledger(ledger, entries))) as address:
        html = (await asked(f"{address}{CALLS_PATH}")).text
        for word in ("unpriced", "estimated", "interrupted", "self-hosted", "not billed", "failed"):
            (link,) = links_of(html, rf"\d[\d,]* {word}")
            count = re.search(rf"(\d[\d,]*) {word}", text_of(html))
            assert count is not None
            page = (await asked(f"{address}{CALLS_PATH}{link}")).text
            assert f"Calls {count[1]} " in text_of(page), word
            assert len(lines_of(page)) == min(int(count[1]), 50)


async def test_older_and_newer_lead_through_all_calls_and_back(ledger: Path) -> None:
    write_ledger(ledger, [call(number) for number in range(120)])
    async with serving(settings_for(ledger)) as address:
        pages, query = [], "?model=gpt-4o"
        for _ in range(3):
            html = (await asked(f"{address}{CALLS_PATH}{query}")).text
            pages.append(lines_of(html))
            query = next(iter(links_of(html, "Older")), "")
        assert [len(page) for page in pages] == [50, 50, 20]
        assert [call_id for page in pages for call_id in page] == [
            id_of(call(number)) for number in reversed(range(120))
        ]
        assert query == ""
        (back,) = links_of(html, "Newer")
        assert lines_of((await asked(f"{address}{CALLS_PATH}{back}")).text) == pages[1]


async def test_what_is_stated_can_be_taken_away_one_by_one(ledger: Path) -> None:
    html = (await got(ledger, "?workload=search&outcome=failed", [call(1)])).text
    assert links_of(html, "Workload:") == [f"{CALLS_PATH}?outcome=failed"]
    assert links_of(html, "Outcome:") == [f"{CALLS_PATH}?workload=search"]
    assert "No call of this kind" in html


async def test_calls_without_a_name_can_be_asked_for(ledger: Path) -> None:
    named = call(1, who=Attribution(user="ada"))
    html = (await got(ledger, "?user=(none)", [named, call(2)])).text
    assert lines_of(html) == [id_of(call(2))]
    assert "Calls 1 " in text_of(html)


async def test_a_search_that_takes_too_long_says_how_far_it_came_and_goes_on(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing tells which hours have calls with that tag: all 60,000 would have to be looked at."""
    monkeypatch.setattr("web.calls.listed.SEARCH_S", 0.001)
    write_ledger(ledger, [call(number) for number in range(60_000)])
    query, seen = "?tag=team%3Dsearch", 0
    async with serving(settings_for(ledger)) as address:
        for _ in range(100):
            html = (await asked(f"{address}{CALLS_PATH}{query}")).text
            seen += "Searched back to" in html
            query = next(iter(links_of(html, "Go on")), "")
            if not query:
                break
    assert "No more calls of this kind" in html
    assert seen >= 1


async def test_a_form_is_sent_on_to_the_address_that_says_the_same(ledger: Path) -> None:
    answer = await got(ledger, "?model=&outcome=ok&from=2026-11-01&from_at=10:30&to=&to_at=", [call(1)])
    assert (answer.status, answer.headers["Location"]) == (
        303,
        f"{CALLS_PATH}?outcome=ok&from=2026-11-01T10:30Z",
    )


@pytest.mark.parametrize("query", ["?mdel=x", "?from=2026-11-02&to=2026-11-01", "?before=x", "?status=%00"])
@pytest.mark.parametrize("path", [CALLS_PATH, f"{CALLS_PATH}/tail"])
async def test_an_address_that_means_nothing_is_a_page_that_says_what_to_write(
    ledger: Path, query: str, path: str
) -> None:
    answer = await got(ledger, query, path=path)
    assert answer.status == 400
    assert "This cannot be asked" in answer.text


@pytest.mark.parametrize(
    "name", ["%ff%fe", "%ed%a0%80", "%00", "%F0%9F%92%B8", "a" * 3000, "%27%20OR%201=1--"]
)
async def test_a_name_that_nobody_has_is_no_call_and_no_fault(ledger: Path, name: str) -> None:
    answer = await got(ledger, f"?model={name}", [call(1)])
    assert (answer.status, lines_of(answer.text)) == (200, [])


async def test_a_ledger_without_calls_says_where_to_point_an_application(ledger: Path) -> None:
    assert "No calls yet" in (await got(ledger)).text


async def test_one_call_says_what_it_cost_line_by_line_and_whose_price_that_is(ledger: Path) -> None:
    answer = await got(ledger, f"/{id_of(call(1))}", [call(1)])
    text = text_of(answer.text)
    assert "Input tokens 400 $2.50 per million $0.001 Output tokens 1 $10.00 per million $0.00001" in text
    assert "Together $0.00101" in text
    assert "Price of openai gpt-4o , from genai-prices 0.2.3" in text
    assert "Started 22 Nov 2026 00:00:01.000 UTC" in text


async def test_a_call_without_a_price_says_why_and_what_to_paste(ledger: Path) -> None:
    tuned = call(1, provider="openai", request_model="tuned", price=None, unpriced_reason="no price for it")
    html = (await got(ledger, f"/{id_of(tuned)}", [tuned])).text
    assert "no price for it" in html
    assert "model = &#34;tuned&#34;" in html
    assert "$0.00" not in html


async def test_the_other_attempts_of_a_call_are_on_its_page(ledger: Path) -> None:
    first = call(1, outcome=Outcome.UPSTREAM_ERROR, http_status=529)
    second = call(2)
    retried = replace(second.call, logical_call_id=first.call.call_id, retry_number=1)
    again = replace(second, call=retried)
    html = (await got(ledger, f"/{id_of(again)}", [first, again, call(3)])).text
    assert lines_of(html) == [id_of(first), id_of(again)]
    listed = await got(ledger, f"?attempts_of={id_of(first)}")
    assert lines_of(listed.text) == [id_of(again), id_of(first)]


@pytest.mark.parametrize(
    "call_id", ["nonsense", "018bcfe5-6800-7800-8000-000000000000", "%00", "x" * 5000, "1/2"]
)
async def test_a_call_that_is_not_there_is_a_page_that_says_so(ledger: Path, call_id: str) -> None:
    answer = await got(ledger, f"/{call_id}", [call(1)])
    assert answer.status == 404
    assert "There is no such" in answer.text


async def test_hostile_names_are_text_on_every_page(ledger: Path) -> None:
    entries = list(hostile_entries())
    write_ledger(ledger, entries)
    async with serving(settings_for(ledger)) as address:
        pages = [(await asked(f"{address}{CALLS_PATH}")).text]
        pages += [(await asked(f"{address}{CALLS_PATH}/{id_of(entry)}")).text for entry in entries]
    for html in pages:
        assert MARKUP not in html
        assert "<b>bold" not in html
        assert "\x00" not in html
        assert len(html.encode()) < 100_000
    assert all(LONG not in html for html in pages)


async def test_a_name_of_a_call_leads_to_its_calls_whatever_it_is(ledger: Path) -> None:
    entries = list(hostile_entries())
    write_ledger(ledger, entries)
    async with serving(settings_for(ledger)) as address:
        for entry in entries:
            html = (await asked(f"{address}{CALLS_PATH}/{id_of(entry)}")).text
            for link in re.findall(rf'href="({CALLS_PATH}\?(?:user|model|session)=[^"]*)"', html):
                assert lines_of((await asked(f"{address}{link}")).text) == [id_of(entry)]


async def test_a_page_of_fifty_calls_is_small(ledger: Path) -> None:
    html = (await got(ledger, entries=varied_entries())).text
    assert len(lines_of(html)) == 50
    assert len(html.encode()) < 100_000


async def test_a_ledger_that_cannot_be_read_is_a_page_that_says_why(ledger: Path) -> None:
    def locked() -> Reader:
        raise LedgerError("the ledger is locked; end the program that holds it")

    async with serving(settings_for(ledger, open_reader=locked)) as address:
        for path in (CALLS_PATH, f"{CALLS_PATH}/{id_of(call(1))}"):
            answer = await asked(f"{address}{path}")
            assert answer.status == 503
            assert "end the program that holds it" in answer.text
