"""Entries made up for tests, and hypothesis strategies for them."""

from datetime import date
from decimal import Decimal

from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.call import ITEM_KEY_BYTES, Attribution, Call, Entry, Outcome, Pricing, State, UsageBasis
from ledger.ids import CallId, call_id_at
from ledger.meter import Meter
from ledger.money import NanoUsd
from ledger.needs import Needs
from ledger.period import US_PER_HOUR, us_of
from ledger.price import Price, Rate
from ledger.rating import Charge, rate
from ledger.timings import Timings
from ledger.units import Units
from ledger.usage import TokenUsage

DAY = date(2026, 11, 2)
START_US = us_of(DAY)
MTOK = 1_000_000
SONNET = Price(
    provider="anthropic",
    model="claude-sonnet-4-5",
    rates=(
        Rate(Meter.INPUT, Decimal(3), MTOK),
        Rate(Meter.CACHE_READ, Decimal("0.30"), MTOK),
        Rate(Meter.OUTPUT, Decimal(15), MTOK),
    ),
    source="configuration",
)
TEN_AND_TWO = TokenUsage(input_tokens=10, output_tokens=2)
"""60,000 nano-USD at SONNET: 10 x 3,000 and 2 x 15,000."""


def id_of(number: int) -> CallId:
    return call_id_at(START_US + number, number.to_bytes(8, "big"))


def opened(number: int = 0, **facts: object) -> Entry:
    """The *number*-th call of a story, just opened. *facts* are fields of Call."""
    call_id = id_of(number)
    base = {
        "call_id": call_id,
        "logical_call_id": call_id,
        "started_us": START_US + number,
        "upstream": "anthropic",
        "provider": "anthropic",
        "operation": "chat",
        "request_model": "claude-sonnet-4-5",
    }
    return Entry(call=Call(**{**base, **facts}), state=State.OPEN)  # type: ignore[arg-type]


def metered(entry: Entry, usage: TokenUsage = TEN_AND_TWO, price: Price = SONNET) -> Entry:
    """The same call once *usage* is known, priced."""
    call = replace(entry.call, usage=usage, usage_basis=UsageBasis.REPORTED)
    charge = rate(usage, price)
    assert isinstance(charge, Charge)
    return Entry(
        call=call, state=State.METERED, pricing=Pricing.PRICED, list_cost=charge.list_cost, price=price
    )


def ended(entry: Entry, outcome: Outcome = Outcome.OK) -> Entry:
    """The same call over: metered or not as it is."""
    call = replace(entry.call, outcome=outcome, ended_us=entry.call.started_us + 9, http_status=200)
    if entry.state is State.METERED:
        return replace(entry, call=call, state=State.ENDED)
    return Entry(call=call, state=State.ENDED, pricing=Pricing.UNPRICED, unpriced_reason="no usage")


def whole_call(number: int = 0, **facts: object) -> Entry:
    """An ended, priced call of ten tokens in and two out."""
    return ended(metered(opened(number, **facts)))


def called_at(hour: int, number: int = 0, **facts: object) -> Entry:
    """A whole call that began so many hours and microseconds into the story."""
    started_us = START_US + hour * US_PER_HOUR + number
    call_id = call_id_at(started_us, number.to_bytes(8, "big"))
    facts = {"call_id": call_id, "logical_call_id": call_id, "started_us": started_us, **facts}
    return whole_call(number, **facts)


NAMES = st.sampled_from([None, "", "a", "b", "\u05e9\u05dc\u05d5\u05dd", "a\x00b"])
WHO = st.builds(Attribution, **dict.fromkeys(Attribution.__struct_fields__, NAMES))


@st.composite
def usages(draw: st.DrawFn, largest: int = 300_000, *, media: bool = True) -> TokenUsage:
    """Any usage that is possible: parts fit their totals. *media*: audio and images are among them."""
    total_in, total_out = draw(st.integers(0, largest)), draw(st.integers(0, largest))
    cache_read = draw(st.none() | st.integers(0, total_in))
    cache_write = draw(st.none() | st.integers(0, total_in - (cache_read or 0)))
    kinds = ["reasoning", "rejected_prediction"] + (["output_audio", "output_image"] if media else [])
    return TokenUsage(
        input_tokens=total_in,
        output_tokens=total_out,
        cache_read_tokens=cache_read,
        cache_write_tokens=cache_write,
        cache_write_1h_tokens=draw(st.none() | st.integers(0, cache_write or 0)),
        inferred_tokens=draw(st.none() | st.integers(0, total_out)),
        **_parts_of(draw, total_out, kinds),
        **(_media_in(draw, total_in, cache_read or 0) if media else {}),
    )


def _parts_of(draw: st.DrawFn, total: int, kinds: list[str]) -> dict[str, int | None]:
    """Parts that do not overlap, each perhaps not said."""
    parts: dict[str, int | None] = {}
    for kind in kinds:
        parts[f"{kind}_tokens"] = part = draw(st.none() | st.integers(0, total))
        total -= part or 0
    return parts


def _media_in(draw: st.DrawFn, total: int, cached: int) -> dict[str, int | None]:
    """Audio and images, some of them cached: it may be known of both kinds how many, of one, or of none."""
    parts = _parts_of(draw, cached, ["cache_read_audio", "cache_read_image"])
    left = total - cached
    for kind in ("audio", "image"):
        of_kind = parts[f"cache_read_{kind}_tokens"]
        uncached = draw(st.integers(0, left))
        left -= uncached
        parts[f"input_{kind}_tokens"] = draw(st.none() | st.just(uncached)) if of_kind is None else None
        if of_kind is not None:
            parts[f"input_{kind}_tokens"] = of_kind + uncached
    return parts


NEEDS = st.none() | st.integers(0, 7).map(Needs)
COUNTS = st.none() | st.integers(0, 10**12)
UNITS = st.builds(Units, images=st.integers(0, 9), **dict.fromkeys(Units.__struct_fields__[1:], COUNTS))
TIMINGS = st.builds(Timings, load_us=COUNTS, prefill_us=st.integers(0, 9), decode_us=COUNTS)
COSTS = st.none() | st.integers(0, 10**15).map(NanoUsd)


@st.composite
def lives_of_results(draw: st.DrawFn, number: int) -> list[Entry]:
    """The same; or it is one of a batch's three results, which other calls may be too."""
    key = draw(st.none() | st.sampled_from([bytes([name]) * ITEM_KEY_BYTES for name in range(3)]))
    return [replace(entry, item_key=key) for entry in draw(lives(number))]


@st.composite
def lives(draw: st.DrawFn, number: int) -> list[Entry]:
    """The entries of one call, from its opening to as far as it came: METERED may come more than once."""
    hour = draw(st.sampled_from([0, 1, 2, 9, 30]))
    started_us = START_US + hour * US_PER_HOUR + number
    first = opened(
        number,
        call_id=call_id_at(started_us, number.to_bytes(8, "big")),
        started_us=started_us,
        request_model=draw(NAMES),
        needs=draw(NEEDS),
        upstream=draw(st.sampled_from(["one", "two"])),
        who=draw(WHO),
    )
    story = [first]
    for _ in range(draw(st.integers(0, 2))):
        story.append(_metered_somehow(draw, story[-1]))
    if draw(st.booleans()):
        story.append(_ended_somehow(draw, story[-1]))
    return story


def _metered_somehow(draw: st.DrawFn, entry: Entry) -> Entry:
    """What is learned with the tokens changes the names that are grouped by, too."""
    basis = draw(st.sampled_from([UsageBasis.REPORTED, UsageBasis.ESTIMATED, UsageBasis.PARTIAL]))
    usage = draw(usages(largest=1000))
    call = replace(
        entry.call,
        usage=usage,
        usage_basis=basis,
        response_model=draw(NAMES),
        upstream_cost=draw(COSTS),
        units=draw(st.none() | UNITS),
        timings=draw(st.none() | TIMINGS),
        tokenizer=draw(st.none() | st.just("o200k_base")),
        reported_usage=draw(st.none() | st.just('{"n":1}')),
    )
    return Entry(call=call, state=State.METERED, **draw(OPINIONS))


def _ended_somehow(draw: st.DrawFn, entry: Entry) -> Entry:
    call = replace(entry.call, outcome=draw(st.sampled_from(list(Outcome))), who=draw(WHO))
    return Entry(call=call, state=State.ENDED, **draw(OPINIONS))


OPINIONS = st.one_of(
    st.builds(
        lambda nano: {"pricing": Pricing.PRICED, "list_cost": NanoUsd(nano), "price": SONNET},
        st.integers(0, 10**12),
    ),
    st.builds(
        lambda why: {"pricing": Pricing.UNPRICED, "unpriced_reason": why}, st.sampled_from(["", "why"])
    ),
    st.just({"pricing": Pricing.SELF_HOSTED}),
    st.just({"pricing": Pricing.NOT_BILLED}),
)
