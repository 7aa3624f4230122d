"""Where numbers of the overview lead that stand for several names, or for a reason: to as many calls."""

import re
from collections.abc import Iterator
from contextlib import closing
from html import unescape
from pathlib import Path
from urllib.parse import parse_qs, parse_qsl

import pytest

from ledger.call import Attribution, Entry, UsageBasis
from ledger.period import us_of
from ledger.sqlite.reader import open_sqlite_reader
from ledger.usage import TokenUsage
from tests.web.sample import NOW, PRICES, entry_at, write_ledger
from tests.web.test_calls import text_of
from tests.web.test_spend import calls_of, counts_in, page_of
from web.addresses import CALLS_PATH
from web.calls import listed
from web.calls.listed import ask
from web.calls.query import read_query
from web.spend import answers

NAMES = 20
"""More than a breakdown has rows; it shows 12 by their names."""
_REASON = re.compile(
    rf'<span class="count"><a class="to-calls again" tabindex="-1" href="{CALLS_PATH}\?([^"]*)">([\d,]+)</a>'
    r'</span> <a class="to-calls" href="([^"]*)"><bdi title="([^"]*)">'
)


def crowded() -> Iterator[Entry]:
    """Of each name n + 1 calls, by two upstreams of a cloud and two of our own;
    25 reasons, the first of 30 calls, the others of two."""
    number, start_us = 0, us_of(NOW.date().replace(day=3))
    usage = TokenUsage(input_tokens=400)
    for name in range(NAMES):
        who = Attribution(user=f"user {name}" if name < 19 else None, workload=f"w&{name}", key=f"k{name}")
        for call in range(name + 1):
            number += 1
            hosted = call % 3 == 0
            facts: dict[str, object] = (
                {} if hosted else {"price": PRICES[2], "usage_basis": UsageBasis.REPORTED}
            )
            yield entry_at(
                start_us + number * 9_000_000,
                number,
                who=who,
                request_model=f"m{name}",
                upstream=f"lab {number % 2}" if hosted else ("openai", "anthropic")[number % 2],
                **({} if hosted else {"usage": usage}),
                **facts,
            )
    for reason in range(25):
        for _ in range(30 if not reason else 2):
            number += 1
            yield entry_at(
                start_us + number * 9_000_000, number, unpriced_reason=f"no price for <x> & {reason}"
            )


@pytest.fixture(scope="module")
def ledger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_ledger(tmp_path_factory.mktemp("crowded") / "payback.db", list(crowded()))


def found_by(ledger: Path, query: str) -> int:
    with closing(open_sqlite_reader(ledger)) as reader:
        return len(list(calls_of(reader, query)))


async def test_every_number_of_calls_is_a_link_to_as_many_calls(ledger: Path) -> None:
    page = await page_of(ledger)
    counts = dict(counts_in(page))
    assert {query: found_by(ledger, query) for query in counts} == counts
    assert sum("except_" in query for query in counts) >= 4
    assert re.findall(r'<td role="cell" class="count" data-label="calls">\s*[1-9]', page) == []


async def test_names_that_are_summed_up_lead_to_calls_that_have_none_of_those_above(ledger: Path) -> None:
    """m19 to m8 and no model have rows: m0 to m7, with 1 to 8 calls, are the eight more."""
    page = await page_of(ledger)
    (row,) = re.findall(
        r'id="by-user".*?<a class="to-calls" href="([^"]*)"><span class="nameless">(\d+) more',
        page,
        re.DOTALL,
    )
    names = parse_qs(unescape(row[0]))["except_user"]
    assert (len(names), row[1]) == (12, str(NAMES - 12))
    assert "(none)" in names


async def test_each_reason_leads_to_the_calls_that_have_it(ledger: Path) -> None:
    page = await page_of(ledger)
    told = {
        unescape(reason): (unescape(query), int(calls)) for query, calls, _, reason in _REASON.findall(page)
    }
    assert len(told) == 20
    assert told["no price for <x> & 0"][1] == 30
    assert {reason: found_by(ledger, query) for reason, (query, _) in told.items()} == {
        reason: calls for reason, (_, calls) in told.items()
    }
    assert all(href == f"{CALLS_PATH}?{query}" for query, _, href, _ in _REASON.findall(page))
    assert "Why calls are unpriced" in page
    of_first = text_of(await page_of(ledger, f"{CALLS_PATH}?{told['no price for <x> & 0'][0]}"))
    assert "All of these calls Calls 30 Latest calls" in of_first
    assert "Unpriced because: no price for &lt;x&gt; &amp; 0 " in of_first
    assert "10 for other reasons, among all unpriced calls" in text_of(page)


@pytest.mark.parametrize("also", ["user=(none)", "from=2026-11-01T00:01Z", "reason=nobody's"])
def test_a_reason_is_counted_for_whole_days_and_alone(ledger: Path, also: str) -> None:
    """A count of anything else would be that of other calls."""
    days = {"from": "2026-11-01", "to": "2026-11-30", "reason": "no price for <x> & 0"}
    with closing(open_sqlite_reader(ledger)) as reader:
        assert ask(reader, read_query(days.items())).count == 30
        assert ask(reader, read_query({**days, **dict(parse_qsl(also))}.items())).count is None


def test_reasons_of_very_many_calls_are_not_counted(ledger: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    days = {"from": "2026-11-01", "to": "2026-11-30", "reason": "no price for <x> & 0"}
    for most, count in ((78, 30), (77, None)):
        monkeypatch.setattr(listed, "MOST_COUNTED", most)
        with closing(open_sqlite_reader(ledger)) as reader:
            assert ask(reader, read_query(days.items())).count == count


async def test_reasons_of_the_latest_lead_to_those_calls_alone(
    ledger: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The latest 53 of 78 are two of each reason but the first, and five of that: 30 have it in all."""
    monkeypatch.setattr(answers, "MOST_READ", 53)
    page = await page_of(ledger)
    told = {
        unescape(reason): (unescape(query), int(calls)) for query, calls, _, reason in _REASON.findall(page)
    }
    assert re.search(
        r"Why calls are unpriced Counted since 3 Nov 2026 \d\d:\d\d:\d\d UTC , as there are very many\. ",
        text_of(page),
    )
    assert told["no price for <x> & 0"][1] == 5
    assert all(found_by(ledger, query) == calls for query, calls in told.values())


async def test_a_side_of_several_upstreams_leads_to_the_calls_of_all_of_them(ledger: Path) -> None:
    page = await page_of(ledger)
    (sides,) = re.findall(r'<section class="sides".*?</section>', page, re.DOTALL)
    links = re.findall(
        r'data-label="calls"><a class="to-calls" href="[^?]*\?([^"]*)">(\d+)<', unescape(sides)
    )
    told = {tuple(sorted(parse_qs(query)["upstream"])): (query, int(calls)) for query, calls in links}
    assert set(told) == {("anthropic", "openai"), ("lab 0", "lab 1")}
    assert sum(calls for _, calls in told.values()) == sum(range(NAMES + 1)) + 78
    assert all(found_by(ledger, query) == calls for query, calls in told.values())


async def test_the_list_of_several_names_says_the_sums_that_led_to_it(ledger: Path) -> None:
    """0.001 USD for each call of 400 tokens that is billed; a chip says what the list is narrowed to."""
    page = await page_of(ledger)
    href, cost = re.findall(
        r'href="([^"]*upstream=[^"]*&amp;upstream=[^"]*)"[^>]*>\s*<data [^>]*value="([\d.]+)"', page
    )[0]
    page = await page_of(ledger, unescape(href))
    assert f'value="{cost}"' in page
    assert re.search(r"Upstream is one of 2: (openai, anthropic|anthropic, openai) ", text_of(page))
