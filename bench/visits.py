"""What load "pages" opens: the report's pages and the API's addresses, by what they are. No sockets."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta

from bench.year import MODELS
from ledger.asking import CallFilter
from ledger.ids import CallId, render_call_id
from ledger.period import us_at
from ledger.rollup import Dimension
from ledger.store import GroupBy, Reader
from web.addresses import CALLS_PATH, REPORT_PATH
from web.api.failures import API_PATH

YEAR = timedelta(days=364)
"""Before the last day."""
MODEL = MODELS[2][1]


def addresses_of(reader: Reader, now: datetime) -> dict[str, str]:
    return dict([*_pages(now), *_lists(reader, now), *_answers(reader, now)])


def _pages(now: datetime) -> Iterator[tuple[str, str]]:
    yield "overview, this month", REPORT_PATH
    for ago, name in ((31, "last month"), (180, "half a year ago")):
        month = (now.replace(day=1) - timedelta(days=ago - 28)).date()
        yield f"overview, {name}", f"{REPORT_PATH}?month={month:%Y-%m}"
    yield "prices", f"{REPORT_PATH}/prices"
    yield "months", f"{REPORT_PATH}/months"
    yield "health", f"{REPORT_PATH}/health"


def _lists(reader: Reader, now: datetime) -> Iterator[tuple[str, str]]:
    """Of calls. What rollups know of hours, what they do not, and what no call passes."""
    last_us, year_us = us_at(now), YEAR // timedelta(microseconds=1)
    middle, early = (_call_before(reader, last_us - year_us // part) for part in (2, 1))
    since = (now - YEAR).date()
    yield "calls, first page", CALLS_PATH
    yield "calls, middle page", f"{CALLS_PATH}?before={render_call_id(middle)}"
    yield "calls, last page", f"{CALLS_PATH}?before={render_call_id(early)}"
    yield "calls, the way back", f"{CALLS_PATH}?after={render_call_id(early)}"
    for name, query in _queries(since).items():
        yield f"calls, {name}", f"{CALLS_PATH}?{query}"
        yield f"calls, {name}, middle", f"{CALLS_PATH}?{query}&before={render_call_id(middle)}"
    yield "one call", f"{CALLS_PATH}/{render_call_id(middle)}"


def _queries(since: date) -> Mapping[str, str]:
    return {
        "of a user": "user=user-7",
        "of a user, a year": f"user=user-7&from={since}",
        "of user, model, key": f"user=user-7&model={MODEL}&key=key-3&workload=workload-1",
        "failed": "outcome=failed",
        "unpriced": "pricing=unpriced",
        "estimated": "basis=estimated",
        "interrupted": "outcome=interrupted",
        "of status 529": "status=529",
        "of status 418": "status=418",
        "expensive": "least_cost=5",
        "slow, of a project": "least_seconds=60&project=project-5",
        "of nobody": "user=nobody",
        "of a session": "session=none",
        "of several users": "user=user-7&user=user-8&user=user-9",
        "of all but 20 users": "&".join(f"except_user=user-{number}" for number in range(20)),
        "of a reason": "reason=interrupted",
    }


def _answers(reader: Reader, now: datetime) -> Iterator[tuple[str, str]]:
    today = now.date()
    year = f"from={today - YEAR}&to={today}"
    yield "API: calls", f"{API_PATH}/calls"
    yield "API: 500 calls", f"{API_PATH}/calls?limit=500"
    yield "API: one call", f"{API_PATH}/calls/{render_call_id(_call_before(reader, us_at(now)))}"
    for by in GroupBy:
        yield f"API: report by {by}, this month", f"{API_PATH}/report?by={by}"
        if by is not GroupBy.HOUR:  # for a month at most
            yield f"API: report by {by}, a year", f"{API_PATH}/report?by={by}&{year}"
    for dimension in Dimension:
        yield f"API: days by {dimension}, a year", f"{API_PATH}/series?by={dimension}&{year}"
    yield "API: hours by user, this month", f"{API_PATH}/series?by=user&unit=hour"
    for name in ("months", "prices", "health", "openapi.json"):
        yield f"API: {name}", f"{API_PATH}/{name}"


def _call_before(reader: Reader, us: int) -> CallId:
    return reader.calls_page(CallFilter(to_us=us), limit=1).entries[0].call.call_id
