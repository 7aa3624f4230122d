"""The address of a list of calls: what it means, and what is said of one that means nothing."""

from urllib.parse import parse_qsl

import pytest

from ledger.asking import CallFilter
from ledger.call import Outcome, Pricing, UsageBasis
from ledger.ids import call_id_at, render_call_id
from ledger.rollup import FAILED, Dimension
from web.calls.query import FIELDS, Asked, BadFilter, read_query
from web.calls.words import CHOICES, LABELS

CALL_ID = call_id_at(1_700_000_000_000_500, bytes(8))
ID = render_call_id(CALL_ID)
DAY_US = 86_400_000_000
FIRST_OF_NOVEMBER_US = 20_758 * DAY_US
"""2026-11-01: 56 years of 365 days, 14 leap days and 304 days after 1970-01-01."""


def asked(query: str) -> Asked:
    return read_query(parse_qsl(query, keep_blank_values=True))


def which(query: str) -> CallFilter:
    return asked(query).which


def test_an_address_without_a_query_is_all_calls() -> None:
    assert which("") == CallFilter()


def test_each_field_narrows_what_it_says() -> None:
    query = (
        "model=gpt-4o&workload=a&project=b&user=c&key=d&client=e&upstream=f&operation=chat&session=g&tag=x=y"
        f"&status=429&stream=no&least_tokens=7&attempts_of={ID}&pricing=self_hosted&least_seconds=0.25"
    )
    assert which(query) == CallFilter(
        model="gpt-4o", workload="a", project="b", user="c", key="d", client="e", upstream="f",
        operation="chat", session="g", tag="x=y", http_status=429, stream=False, least_tokens=7,
        logical_call_id=CALL_ID, pricing=Pricing.SELF_HOSTED, least_latency_us=250_000,
    )  # fmt: skip


def test_dollars_are_exact() -> None:
    """0.1 has no exact float; 1 nano-USD more would leave out the call that costs just that."""
    found = which("least_cost=0.1&most_cost=0.300000001")
    assert (found.least_cost, found.most_cost) == (100_000_000, 300_000_001)


def test_none_in_brackets_stands_for_calls_without_the_name() -> None:
    assert which("workload=(none)").workload == ""
    assert which("workload=none").workload == "none"


def test_a_name_keeps_its_spaces_because_clients_choose_it() -> None:
    assert which("user=%20ada%20").user == " ada "


@pytest.mark.parametrize(
    ("query", "outcomes"),
    [("outcome=failed", FAILED), ("outcome=ok", {Outcome.OK}), ("outcome=timeout", {Outcome.TIMEOUT})],
)
def test_failed_is_all_that_a_report_counts_as_failed(query: str, outcomes: set[Outcome]) -> None:
    assert which(query).outcomes == outcomes


def test_estimated_is_all_that_a_report_counts_as_estimated() -> None:
    assert which("basis=estimated").usage_bases == {UsageBasis.ESTIMATED, UsageBasis.PARTIAL}
    assert which("basis=partial").usage_bases == {UsageBasis.PARTIAL}


def test_the_last_day_is_in_the_span_and_a_time_is_where_it_ends() -> None:
    days = which("from=2026-11-01&to=2026-11-02")
    assert (days.from_us, days.to_us) == (FIRST_OF_NOVEMBER_US, FIRST_OF_NOVEMBER_US + 2 * DAY_US)
    times = which("from=2026-11-01T00:00Z&to=2026-11-02T00:00Z")
    assert (times.from_us, times.to_us) == (FIRST_OF_NOVEMBER_US, FIRST_OF_NOVEMBER_US + DAY_US)


def test_a_time_has_its_zone_or_is_utc() -> None:
    hour_us = 3_600_000_000
    assert which("from=2026-11-01T02:00%2B02:00").from_us == FIRST_OF_NOVEMBER_US
    assert which("from=2026-11-01T02:00").from_us == FIRST_OF_NOVEMBER_US + 2 * hour_us


def test_a_form_has_day_and_time_apart_and_its_empty_fields_state_nothing() -> None:
    found = asked("from=2026-11-01&from_at=10:30&to=&to_at=&model=&outcome=ok")
    assert found.is_form
    assert (found.query, set(found.which.outcomes)) == (
        "from=2026-11-01T10%3A30Z&outcome=ok",
        {Outcome.OK},
    )
    assert not asked(found.query).is_form
    assert asked(found.query).which == found.which


def test_a_name_that_is_there_more_than_once_is_one_of_several() -> None:
    found = asked("upstream=openai&model=m&upstream=(none)&except_user=ada&except_user=(none)&except_key=k")
    assert found.which == CallFilter(
        model="m",
        one_of={Dimension.UPSTREAM: frozenset({"openai", ""})},
        none_of={Dimension.USER: frozenset({"ada", ""}), Dimension.KEY: frozenset({"k"})},
    )
    assert found.query == (
        "upstream=openai&upstream=%28none%29&model=m&except_user=ada&except_user=%28none%29&except_key=k"
    )
    assert asked(found.query) == found
    assert found.without("upstream", "except_user") == "model=m&except_key=k"
    assert (
        found.also(upstream="lab")
        == "upstream=lab&model=m&except_user=ada&except_user=%28none%29&except_key=k"
    )


def test_a_reason_keeps_its_spaces_and_is_never_the_lack_of_one() -> None:
    assert which("reason=%20no price%20") == CallFilter(reason=" no price ")
    assert which("reason=(none)&pricing=unpriced").reason == "(none)"


def test_a_form_may_leave_one_of_several_fields_of_a_name_empty() -> None:
    assert asked("model=a&model=").stated == {"model": ("a",)}


def test_cursors_are_no_condition() -> None:
    found = asked(f"model=a&before={ID}")
    assert (found.before, found.stated, found.is_of_latest) == (CALL_ID, {"model": ("a",)}, False)
    assert found.whole_query == f"model=a&before={ID}"
    assert found.without("model") == ""


@pytest.mark.parametrize(
    ("query", "sentence"),
    [
        ("mdel=x", '"mdel" is no field of this page; nearest: model'),
        ("outcome=ok&outcome=failed", "outcome is there twice; leave one out"),
        ("reason=a&reason=b", "reason is there twice; leave one out"),
        ("operation=chat&operation=other", "operation is there twice; leave one out"),
        ("from=2026-11-01&from_at=10:30&from_at=11:30", "from_at is there twice; leave one out"),
        (f"before={ID}&before={ID}", "before is there twice; leave one out"),
        ("model=a&model=b&model=a", 'model is "a" twice; leave one out'),
        (
            "&".join(f"except_user=u{n}" for n in range(21)),
            "except_user is there more than 20 times; leave some out",
        ),
        ("model=a&except_model=b&except_model=a", 'model and except_model are both "a"; leave one out'),
        ("reason=why&pricing=priced", "reason is of unpriced calls, and pricing is priced; leave one out"),
        ("except_session=a", '"except_session" is no field of this page; nearest: except_'),
        ("from=yesterday", 'from is "yesterday"; write a day such as 2026-11-22, or a time such as'),
        ("from=2026-02-30", "write a day such as"),
        ("to=9999-12-31T23:59:59-23:59", "write a day such as"),
        ("from=1969-12-31T10:00Z", "write a day such as"),
        ("from=2026-11-02&to=2026-11-01", "from 2026-11-02 is not before to 2026-11-01; swap the two"),
        ("from_at=10:30", "from_at is a time of day and needs its day; write that in from"),
        ("from=2026-11-01&from_at=noon", 'from_at is "noon"; write a time of day such as 14:30'),
        ("outcome=bad", 'outcome is "bad"; write one of ok, upstream_error'),
        ("pricing=free", "write one of priced, unpriced, self_hosted, not_billed"),
        ("stream=1", "write one of yes, no"),
        ("status=42", "write an HTTP status such as 429"),
        ("least_cost=1e9", "write USD from 0 to 1,000,000, such as 0.5"),
        ("least_cost=-1", "write USD from 0"),
        ("least_cost=nan", "write USD from 0"),
        ("least_cost=2&most_cost=1", "least_cost 2 is above most_cost 1; swap the two"),
        ("least_tokens=1.5", "write a whole number of tokens"),
        ("least_tokens=99999999999999999999", "write a whole number of tokens"),
        ("least_seconds=" + "9" * 5000, "least_seconds is 5000 characters long; write seconds from 0"),
        ("tag=team", "write one tag as k=v, such as team=search"),
        ("before=1", "write the id of a call"),
        (f"before={ID}&after={ID}", "before and after are both there; leave one out"),
        (f"attempts_of={ID}0", "write the id of a call"),
    ],
)
def test_what_means_nothing_is_refused_by_field_with_what_to_write(query: str, sentence: str) -> None:
    with pytest.raises(BadFilter) as error:
        asked(query)
    assert sentence in str(error.value)
    assert len(str(error.value)) < 300


def test_every_field_has_a_label_and_every_choice_can_be_asked_for() -> None:
    assert set(LABELS) == set(FIELDS)
    for field, choices in CHOICES.items():
        assert all(which(f"{field}={value}") != CallFilter() for value in choices)
