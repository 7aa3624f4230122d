"""One call's page, before it is rendered: are all facts there, do the lines add up, what would help?"""

from dataclasses import asdict
from datetime import date
from decimal import Decimal
from typing import Any

import msgspec
import pytest

from ledger.call import Attribution, Call, Entry, Outcome, Pricing, State, UsageBasis
from ledger.ids import call_id_at
from ledger.meter import Meter
from ledger.money import NanoUsd
from ledger.needs import Needs
from ledger.price import Price, Rate, Tier
from ledger.rating import Charge, rate
from ledger.timings import Timings
from ledger.units import Units
from ledger.usage import TokenUsage
from tests.web.sample import PRICES, entry_at, varied_entries
from web.calls.charges import METER_WORDS, charges_of, remedy_of
from web.calls.facts import MOST_REPORTED, reported_of, sections_of, tokens_of
from web.calls.one import MOST_ATTEMPTS, Answers, CallPage, call_page

SONNET, _, GPT_4O = PRICES
USAGE = TokenUsage(
    input_tokens=100_001, output_tokens=20_002, cache_read_tokens=30_003, cache_write_tokens=4_004,
    cache_write_1h_tokens=505, reasoning_tokens=606, input_audio_tokens=7_007, output_audio_tokens=808,
    input_image_tokens=909, output_image_tokens=1_010, cache_read_audio_tokens=111,
    cache_read_image_tokens=212, rejected_prediction_tokens=313, inferred_tokens=414,
)  # fmt: skip
UNITS = Units(
    images=51, audio_ms=52, characters=53, web_searches=54, file_searches=55, search_units=56, pages=57
)
WHOLE = Entry(
    call=Call(
        call_id=call_id_at(1_790_000_000_000_001, b"12345678"),
        logical_call_id=call_id_at(1_790_000_000_000_000, b"87654321"),
        retry_number=6,
        started_us=1_790_000_000_000_001,
        first_byte_us=1_790_000_000_200_002,
        ended_us=1_790_000_002_000_003,
        upstream="the-upstream",
        provider="the-provider",
        operation="chat",
        http_request="POST /v1/odd",
        request_model="asked-model",
        response_model="answering-model",
        service_tier="priority",
        stream=True,
        needs=Needs.TOOLS | Needs.AUDIO,
        http_status=207,
        outcome=Outcome.CLIENT_LEFT,
        usage=USAGE,
        usage_basis=UsageBasis.PARTIAL,
        tokenizer="o200k_base",
        reported_usage='{"prompt_tokens": 77123, "details": {"cached": 88123}}',
        units=UNITS,
        upstream_cost=NanoUsd(123_456_789),
        timings=Timings(load_us=11_000, prefill_us=22_000, decode_us=33_000),
        problem="the problem",
        upstream_request_id="req_1",
        who=Attribution(
            workload="the-workload", project="the-project", user="the-user", key="the-key",
            client="the-client", session="the-session", tags="team=search,env=prod",
        ),
    ),
    state=State.ENDED,
    pricing=Pricing.UNPRICED,
    unpriced_reason="the reason",
    item_key=bytes(range(32)),
)  # fmt: skip


def page_of(entry: Entry, *others: Entry) -> CallPage:
    return call_page(Answers(entry=entry, attempts=(entry, *others)))


def said(entry: Entry) -> str:
    return str(asdict(page_of(entry)))


@pytest.mark.parametrize(
    "fact",
    [
        "'7'", "1790000000000001",
        "the-upstream", "the-provider", "'chat'", "POST /v1/odd", "asked-model", "answering-model",
        "priority", "'yes'", "tools+audio", "'207'", "client_left", "partly seen, estimated", "o200k_base",
        "('prompt_tokens', '77123')", "('details.cached', '88123')", "123456789", "11 ms", "22 ms", "33 ms",
        "the problem", "req_1", "the-workload", "the-project", "the-user", "the-key", "the-client",
        "the-session", "team=search", "env=prod", "ended", "the reason", bytes(range(32)).hex(),
        "after 200 ms", "after 2.0 s", "1790000000200002", "1790000002000003",
    ],
)  # fmt: skip
def test_every_fact_of_a_call_is_said(fact: str) -> None:
    assert fact in said(WHOLE)


def test_every_class_of_tokens_and_every_unit_is_said() -> None:
    counts = [row.count for row in tokens_of(USAGE, UNITS)]
    kept = [*msgspec.structs.astuple(USAGE), *msgspec.structs.astuple(UNITS)]
    assert sorted(counts) == sorted(kept)
    assert len(set(kept)) == len(kept)


def test_both_ids_are_said_in_full() -> None:
    texts = [fact.text for section in sections_of(WHOLE) for fact in section.facts]
    for call_id in (WHOLE.call.call_id, WHOLE.call.logical_call_id):
        assert call_id.hex() in {(text or "").replace("-", "") for text in texts}


def test_the_lines_add_up_to_the_cost_that_the_ledger_has() -> None:
    """2459 in, 2455 of them cached, 23 out: 4 x 3.00 + 2455 x 0.30 + 23 x 15.00 per million."""
    usage = TokenUsage(input_tokens=2459, cache_read_tokens=2455, output_tokens=23)
    entry = entry_at(0, price=SONNET, usage=usage, usage_basis=UsageBasis.REPORTED)
    charges = charges_of(entry)
    assert charges is not None
    assert [(row.quantity, row.usd, row.per, row.cost) for row in charges.rows] == [
        (4, "$3.00", "per million", 12_000),
        (2455, "$0.30", "per million", 736_500),
        (23, "$15.00", "per million", 345_000),
    ]
    assert (charges.total, entry.list_cost, charges.agrees) == (1_093_500, 1_093_500, True)


def test_the_lines_of_every_priced_call_add_up() -> None:
    priced = [entry for entry in varied_entries() if entry.pricing is Pricing.PRICED]
    for entry in priced:
        charges = charges_of(entry)
        assert charges is not None
        assert sum(row.cost for row in charges.rows) == entry.list_cost
        assert charges.agrees
    assert len(priced) > 200


def test_a_sum_that_is_not_the_ledgers_is_not_passed_off_as_it() -> None:
    entry = entry_at(0, price=GPT_4O, usage=TokenUsage(input_tokens=1000))
    charges = charges_of(msgspec.structs.replace(entry, list_cost=NanoUsd(1)))
    assert charges is not None
    assert not charges.agrees


def test_the_rate_of_a_tier_is_the_one_that_is_shown_and_says_why() -> None:
    tiered = Rate(Meter.INPUT, Decimal("1.25"), 1_000_000, (Tier(200_000, Decimal("2.5")),))
    price = Price(provider="google", model="gemini", rates=(tiered,), source="genai-prices 0.2.3")
    shown = [
        charges_of(entry_at(0, price=price, usage=TokenUsage(input_tokens=tokens)))
        for tokens in (200_000, 200_001)
    ]
    assert [(row.usd, row.note) for charges in shown if charges for row in charges.rows] == [
        ("$1.25", ""),
        ("$2.50", "the rate of calls with more than 200,000 input tokens"),
    ]


def test_audio_is_rated_by_the_hour_and_counted_in_milliseconds() -> None:
    price = Price(provider="p", model="m", rates=(Rate(Meter.AUDIO, Decimal("0.36"), 3_600_000),), source="s")
    usage, units = TokenUsage(input_tokens=0), Units(audio_ms=1_800_000)
    charge = rate(usage, price, units)
    assert isinstance(charge, Charge)
    call = entry_at(0, usage=usage, units=units).call
    entry = Entry(
        call=call, state=State.ENDED, pricing=Pricing.PRICED, price=price, list_cost=charge.list_cost
    )
    charges = charges_of(entry)
    assert charges is not None
    (row,) = charges.rows
    assert (row.words, row.quantity, row.usd, row.per, row.cost) == (
        "Milliseconds of audio",
        1_800_000,
        "$0.36",
        "per hour",
        180_000_000,
    )


def test_every_meter_has_words() -> None:
    assert set(METER_WORDS) == set(Meter)


def test_a_call_without_a_price_gets_the_lines_that_would_give_it_one() -> None:
    usage = TokenUsage(input_tokens=10, cache_read_tokens=4, output_tokens=1)
    facts: dict[str, Any] = {
        "provider": "openai",
        "request_model": "tuned",
        "response_model": "tuned-2",
        "usage": usage,
    }
    remedy = remedy_of(entry_at(1_790_000_000_000_000, unpriced_reason="no price", **facts))
    assert remedy is not None
    assert remedy.toml.splitlines() == [
        "[[price]]",
        'provider = "openai"',
        'model = "tuned"',
        f"from = {date(2026, 9, 21)}",
        'input_usd_per_mtok = ""',
        'cache_read_usd_per_mtok = ""',
        'output_usd_per_mtok = ""',
    ]


@pytest.mark.parametrize(("tier", "is_named"), [("default", False), (None, False), ("priority", True)])
def test_a_tier_is_named_where_list_prices_are_not_for_it(tier: str | None, is_named: bool) -> None:
    facts: dict[str, Any] = {"provider": "openai", "request_model": "m", "usage": TokenUsage(input_tokens=1)}
    remedy = remedy_of(entry_at(0, unpriced_reason="no price", service_tier=tier, **facts))
    assert remedy is not None
    assert ('service_tier = "priority"' in remedy.toml) == is_named


def test_no_price_is_offered_where_it_is_not_a_price_that_is_missing() -> None:
    known: dict[str, Any] = {"provider": "openai", "request_model": "m"}
    assert remedy_of(entry_at(0, unpriced_reason="upstream cut its answer", **known)) is None
    assert remedy_of(entry_at(0, price=GPT_4O, usage=TokenUsage(input_tokens=1), **known)) is None
    nobody = remedy_of(entry_at(0, unpriced_reason="no provider", usage=TokenUsage(input_tokens=1)))
    assert nobody is not None
    assert (nobody.toml, nobody.needs_provider) == ("", True)


@pytest.mark.parametrize(("cost", "more"), [(900_000, 15_000), (885_000, 0), (500_000, -385_000)])
def test_upstreams_own_cost_stands_beside_ours(cost: int, more: int) -> None:
    """300 x 2.50 + 100 x 1.25 + 1 x 10 per million: 885,000 nano-USD."""
    usage = TokenUsage(input_tokens=400, cache_read_tokens=100, output_tokens=1)
    own = page_of(entry_at(0, price=GPT_4O, usage=usage, upstream_cost=cost)).upstreams_own
    assert own is not None
    assert (own.cost, own.more) == (cost, more)


def test_speeds_are_of_what_was_really_read_and_written() -> None:
    """20,002 tokens from the first byte to the end, 1.800001 s; 69,998 fresh ones read in 22 ms."""
    texts = {fact.label: fact.text for section in sections_of(WHOLE) for fact in section.facts}
    assert texts["Speed of the answer"] == "11,112.2 tokens/s"
    assert texts["Upstream read the prompt in"] == "22 ms, 3,181,727.3 tokens/s"


def test_each_name_leads_to_the_calls_that_share_it() -> None:
    queries = {fact.label: fact.query for section in sections_of(WHOLE) for fact in section.facts}
    assert queries["Workload"] == "workload=the-workload"
    assert queries["Tag"] == "tag=env%3Dprod"
    nameless = {fact.label: fact.query for section in sections_of(entry_at(0)) for fact in section.facts}
    assert nameless["User"] == "user=%28none%29"


def test_what_upstream_reported_is_bounded_and_never_refused() -> None:
    many = entry_at(0, reported_usage=str(list(range(1000)))).call
    assert len(reported_of(many)) == MOST_REPORTED
    assert reported_of(entry_at(0, reported_usage='{"cut": 1').call) == (("as it was kept", '{"cut": 1'),)
    assert reported_of(entry_at(0, reported_usage="[]").call) == (("usage", "[]"),)


def test_a_number_of_upstream_keeps_its_digits() -> None:
    call = entry_at(0, reported_usage='{"cost": 0.10000000000000000001, "n": 12345678901234567890}').call
    assert reported_of(call) == (("cost", "0.10000000000000000001"), ("n", "12345678901234567890"))


def test_attempts_are_listed_where_there_are_several_and_never_without_end() -> None:
    one, more = entry_at(0), [entry_at(number, number) for number in range(1, 30)]
    assert page_of(one).attempts == ()
    page = page_of(one, *more)
    assert (len(page.attempts), page.has_more_attempts) == (MOST_ATTEMPTS, True)
