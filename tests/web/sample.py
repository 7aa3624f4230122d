"""A ledger to look at: a few hundred calls of two months, of every kind, the same at every run."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from ledger.call import Attribution, Call, Entry, Outcome, Pricing, State, UsageBasis
from ledger.ids import call_id_at
from ledger.meter import Meter
from ledger.period import time_of, us_of
from ledger.price import Price, Rate
from ledger.rating import Charge, rate
from ledger.sqlite.store import open_store
from ledger.usage import TokenUsage

NOW = datetime(2026, 11, 22, 14, 30, 5, tzinfo=UTC)
MARKUP = '<script>alert("x")</script><img src="https://example.invalid/x.png" onerror="alert(1)">'
RIGHT_TO_LEFT = "\u202eevil\u202c \u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627"
TEMPLATE_MARKS = "{{ 7 * 7 }} {% raw %} &amp; '\"><b>bold</b>"
LONG = "long-" * 2000
HOSTILE_NAMES = (MARKUP, RIGHT_TO_LEFT, TEMPLATE_MARKS, LONG, "a\x00b\x1b[31mc\nd", "__proto__", "=1+1")


def price_of(provider: str, model: str, usd_in: str, usd_cached: str, usd_out: str) -> Price:
    """Rates in USD per million tokens."""
    rates = ((Meter.INPUT, usd_in), (Meter.CACHE_READ, usd_cached), (Meter.OUTPUT, usd_out))
    return Price(
        provider=provider,
        model=model,
        rates=tuple(Rate(meter, Decimal(usd), 1_000_000) for meter, usd in rates),
        source="genai-prices 0.2.3",
    )


PRICES = (
    price_of("anthropic", "claude-sonnet-4-5", "3.00", "0.30", "15.00"),
    price_of("openai", "gpt-5-mini", "0.25", "0.025", "2.00"),
    price_of("openai", "gpt-4o", "2.50", "1.25", "10.00"),
)


_FACTS_OF_ENTRY = ("pricing", "price", "unpriced_reason", "state")


def entry_at(started_us: int, number: int = 0, **facts: object) -> Entry:
    """One ended call. *facts* are those of Call; pricing, price and unpriced_reason those of Entry.

    With a price and usage the call is charged; with neither pricing nor reason it is self-hosted."""
    of_entry = {key: facts.pop(key) for key in _FACTS_OF_ENTRY if key in facts}
    call_id = call_id_at(started_us, number.to_bytes(8, "big"))
    base = {"upstream": "openai", "operation": "chat", "http_status": 200, "outcome": Outcome.OK}
    call = Call(call_id=call_id, logical_call_id=call_id, started_us=started_us, **{**base, **facts})  # type: ignore[arg-type]
    return _entry(call, **of_entry)  # type: ignore[arg-type]


def _entry(
    call: Call,
    state: State = State.ENDED,
    pricing: Pricing | None = Pricing.SELF_HOSTED,
    price: Price | None = None,
    unpriced_reason: str | None = None,
) -> Entry:
    if price is not None:
        assert call.usage is not None
        charge = rate(call.usage, price)
        assert isinstance(charge, Charge)
        return Entry(call=call, state=state, pricing=Pricing.PRICED, price=price, list_cost=charge.list_cost)
    if unpriced_reason is not None:
        return Entry(call=call, state=state, pricing=Pricing.UNPRICED, unpriced_reason=unpriced_reason)
    return Entry(call=call, state=state, pricing=pricing)


def varied_entries(now: datetime = NOW, calls_a_day: int = 9) -> list[Entry]:
    """From seven weeks before *now* up to it, weekends quieter."""
    chance = Random(20261122)
    found = []
    start = (now - timedelta(days=52)).date()
    for offset in range(53):
        day = start + timedelta(days=offset)
        calls = calls_a_day * chance.randint(50, 150) // (400 if day.weekday() >= 5 else 100)
        for _ in range(calls):
            started_us = us_of(day) + chance.randrange(6 * 3_600_000_000, 21 * 3_600_000_000)
            if time_of(started_us) < now:
                found.append(_varied(chance, started_us))
    return sorted(found, key=lambda entry: entry.call.call_id)


def _varied(chance: Random, started_us: int) -> Entry:
    who = Attribution(
        workload=chance.choice(("support-bot", "support-bot", "search", "nightly-summaries", None)),
        project=chance.choice(("shop", "shop", "back-office", None)),
        user=chance.choice(("ana", "boris", "chen", None)),
        key=chance.choice(("k_8f3a1c", "k_27be90")),
    )
    tokens_in = chance.randrange(400, 90_000)
    usage = TokenUsage(
        input_tokens=tokens_in,
        cache_read_tokens=chance.choice((None, 0, tokens_in * 3 // 5, tokens_in * 4 // 5)),
        output_tokens=chance.randrange(20, 6_000),
    )
    times = {
        "first_byte_us": started_us + chance.randrange(90_000, 900_000),
        "ended_us": started_us + chance.randrange(900_000, 48_000_000),
    }
    return _of_a_kind(chance.random(), chance, started_us, who, usage, times)


def _of_a_kind(
    kind: float, chance: Random, started_us: int, who: Attribution, usage: TokenUsage, times: dict[str, int]
) -> Entry:
    number = chance.randrange(1 << 60)
    reported = {"usage": usage, "usage_basis": UsageBasis.REPORTED}
    if kind < 0.72:
        price = chance.choice(PRICES)
        facts = {**reported, "request_model": price.model, "upstream": price.provider, "price": price}
        return entry_at(started_us, number, who=who, stream=True, **facts, **times)
    if kind < 0.84:
        return entry_at(
            started_us, number, who=who, upstream="ollama", request_model="llama3.1:8b", **reported, **times
        )
    if kind < 0.88:
        facts = {"usage": usage, "usage_basis": UsageBasis.PARTIAL, "outcome": Outcome.CLIENT_LEFT}
        return entry_at(
            started_us, number, who=who, request_model="gpt-4o", price=PRICES[2], **facts, **times
        )
    if kind < 0.91:
        facts = {"request_model": "our-tuned-model", "unpriced_reason": "no price for openai our-tuned-model"}
        return entry_at(started_us, number, who=who, **facts, **reported, **times)
    if kind < 0.94:
        lost = {"outcome": Outcome.INTERRUPTED, "http_status": None, "unpriced_reason": "interrupted"}
        return entry_at(started_us, number, who=who, request_model="gpt-5-mini", **lost)
    if kind < 0.97:
        failed = {
            "outcome": Outcome.UPSTREAM_ERROR,
            "http_status": 529,
            "problem": "upstream answered 529 twice",
        }
        why = {"unpriced_reason": "upstream answered an error", "retry_number": 1}
        model = {"request_model": "claude-sonnet-4-5", "upstream": "anthropic"}
        return entry_at(started_us, number, who=who, **model, **failed, **why, **times)
    read = {"operation": "other", "http_request": "GET /v1/models", "pricing": Pricing.NOT_BILLED}
    return entry_at(started_us, number, who=who, **read, **times)


def hostile_entries(now: datetime = NOW) -> Iterator[Entry]:
    """One call for each hostile name, in every place that a name can be in."""
    started_us = us_of(now.date()) + 3_600_000_000
    for number, name in enumerate(HOSTILE_NAMES):
        who = Attribution(
            workload=name, project=name, user=name, key=name, client=name, session=name, tags=name
        )
        yield entry_at(
            started_us + number,
            request_model=name,
            upstream=name,
            provider=name,
            who=who,
            problem=name,
            unpriced_reason=f"no price for {name}",
            usage=TokenUsage(input_tokens=10, output_tokens=1),
            usage_basis=UsageBasis.ESTIMATED,
        )


def write_ledger(path: Path, entries: Sequence[Entry]) -> Path:
    store = open_store(path)
    for start in range(0, len(entries), 5000):
        store.write(entries[start : start + 5000])
    store.close()
    return path
