"""What a call may cost, told from its request alone. Input costs 1.00 USD a million tokens, output 10.00."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from ledger.call import Call
from ledger.ids import RANDOM_BYTES, call_id_at
from ledger.meter import Meter
from ledger.money import LARGEST_CHARGE
from ledger.price import Rate
from ledger.pricebook import Override, PriceBook
from ledger.rating import Unpriced
from proxy.asked import asked_by
from proxy.dialects import dialect_of
from proxy.estimate.encoders import PATTERNS, load
from proxy.estimate.shape import Shape
from proxy.expected import BYTES_PER_TOKEN, expected_cost, standard_cost
from proxy.plan import Plan
from proxy.route import Target
from proxy.upstream import Upstream, root_of
from tests.proxy.bodies import CHAT, compact

LIMITS: list[tuple[Shape | None, dict[str, Any], int | None]] = [
    (Shape.OPENAI_CHAT, {"max_tokens": 100}, 100),
    (Shape.OPENAI_CHAT, {"max_completion_tokens": 100}, 100),
    (Shape.OPENAI_CHAT, {"max_tokens": 100, "max_completion_tokens": 200}, 200),
    (Shape.OPENAI_CHAT, {"max_tokens": 100, "n": 3}, 300),
    (Shape.OPENAI_CHAT, {"max_tokens": None}, None),
    (Shape.OPENAI_CHAT, {"max_tokens": 1000.0, "n": 2.0}, 2000),
    (Shape.OPENAI_CHAT, {"max_tokens": 1000.5}, None),
    (Shape.OPENAI_CHAT, {"max_tokens": 1e300}, 1_000_000),
    (Shape.OPENAI_CHAT, {"max_tokens": True}, None),
    (Shape.OPENAI_CHAT, {"max_tokens": "100"}, None),
    (Shape.OPENAI_CHAT, {"max_tokens": -1}, None),
    (Shape.OPENAI_CHAT, {"max_tokens": 10**18}, 1_000_000),
    (Shape.OPENAI_CHAT, {"messages": "odd", "max_tokens": 100}, 100),
    (Shape.OPENAI_COMPLETIONS, {"max_tokens": 16, "n": 2}, 32),
    (Shape.OPENAI_COMPLETIONS, {"max_tokens": 16, "prompt": ["a", "b", "c"], "n": 2}, 96),
    (Shape.OPENAI_RESPONSES, {"max_output_tokens": 100}, 100),
    (Shape.ANTHROPIC_MESSAGES, {"max_tokens": 1024}, 1024),
    (Shape.GEMINI, {"generationConfig": {"maxOutputTokens": 100}}, 100),
    (Shape.GEMINI, {"generation_config": {"max_output_tokens": 100, "candidate_count": 2}}, 200),
    (Shape.GEMINI, {"generationConfig": {"candidateCount": 2}}, None),
    (Shape.GEMINI, {}, None),
    (Shape.OLLAMA_CHAT, {"options": {"num_predict": 100}}, 100),
    (Shape.OLLAMA_GENERATE, {"options": {"num_predict": -1}}, None),
    (Shape.OLLAMA_CHAT, {"options": "odd"}, None),
    (None, {"max_tokens": 7}, 7),
]


@pytest.mark.parametrize(("shape", "members", "most"), LIMITS)
def test_the_longest_output_is_read_from_where_the_wire_format_has_it(
    shape: Shape | None, members: dict[str, Any], most: int | None
) -> None:
    assert asked_by(compact({"model": "m", **members}), shape=shape).most_output_tokens == most


@dataclass(frozen=True)
class Asking:
    """One request to lab, and what is known of prices there."""

    path: str = CHAT
    method: str = "POST"
    model: str = "small-model"

    def plan(self, **members: Any) -> Plan:
        dialect, _ = dialect_of(self.method, self.path)
        asked = asked_by(
            compact({"model": self.model, **members}),
            shape=dialect.shape if dialect else None,
            units_asked=dialect.units_asked if dialect else None,
        )
        lab = Upstream(name="lab", root=root_of("http://127.0.0.1:1"), provider="lab")
        call_id = call_id_at(1, bytes(RANDOM_BYTES))
        return Plan(
            request=None,  # type: ignore[arg-type]  # it is not looked at
            target=Target(self.path, self.path, None, lab, dialect, None, spoken=self.path),
            asked=asked,
            upstream=lab,
            call=Call(
                call_id=call_id,
                logical_call_id=call_id,
                started_us=1,
                upstream="lab",
                provider="lab",
                operation="chat",
            ),
            may_go_on=lambda: True,
        )


def override(**rates: str) -> Override:
    return Override(
        provider="lab",
        model="small-model",
        since=date(1970, 1, 1),
        usd_per_mtok={Meter(name): Decimal(usd) for name, usd in rates.items()},
        unit_rates=(Rate(Meter.IMAGES, Decimal("0.04"), 1), Rate(Meter.CHARACTERS, Decimal(15), 1_000_000)),
    )


BOOK = PriceBook([override(input="1.00", output="10.00")])
TEXT = [{"role": "user", "content": "x" * 918}]
"""The whole body has 1000 bytes: 500 tokens at 1.00, which are 500 millionths."""
IMAGE = [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:" + "A" * 100_000}}]}]


def test_a_body_of_text_counts_half_as_many_tokens_as_bytes_and_the_output_that_it_allows() -> None:
    """500 at 1.00, and 100 at 10.00: 1500 millionths."""
    plan = Asking().plan(messages=TEXT, max_tokens=100)
    assert len(plan.asked.text or b"") == 1000
    assert expected_cost(plan, BOOK) == 500_000 + 1_000_000


def test_an_output_of_which_nothing_is_said_counts_nothing() -> None:
    """Without max_tokens it has 17 bytes less: 983, which are 492 tokens at 1.00."""
    plan = Asking().plan(messages=TEXT)
    assert expected_cost(plan, BOOK) == 492_000


def test_the_size_of_an_image_says_nothing_of_its_tokens() -> None:
    """100 kB are a thousand tokens rather than fifty thousand."""
    assert expected_cost(Asking().plan(messages=IMAGE, max_tokens=100), BOOK) == 1_000_000


def test_units_that_the_request_names_count_at_their_price() -> None:
    """3 images at 0.04; 11 characters at 15.00 a million."""
    images = Asking("/v1/images/generations").plan(prompt="a cat", n=3)
    assert expected_cost(images, BOOK) == 120_000_000
    assert expected_cost(Asking("/v1/audio/speech").plan(input="hello there"), BOOK) == 165_000


@pytest.mark.parametrize(
    ("asking", "why"),
    [
        (Asking(model="nobody-knows-it"), "no price list for provider lab"),
        (Asking("/v1/something-new"), "this operation is not metered"),
    ],
)
def test_what_has_no_price_says_why(asking: Asking, why: str) -> None:
    found = expected_cost(asking.plan(messages=TEXT), BOOK)
    assert isinstance(found, Unpriced)
    assert why in found.reason


def test_half_a_price_is_none() -> None:
    plan, book = Asking().plan(messages=TEXT, max_tokens=1), PriceBook([override(input="1.00")])
    assert expected_cost(plan, book) == Unpriced("no output price for lab small-model")
    assert standard_cost(plan, book) == 0


def test_who_names_no_model_may_hear_of_one_and_nothing_is_known_of_the_price() -> None:
    assert expected_cost(Asking(model="").plan(messages=TEXT), BOOK) == 0


def test_a_tier_without_a_price_is_told_and_costs_what_the_standard_one_does() -> None:
    """The tier takes 23 bytes: 1023 are 512 tokens at 1.00; and 100 at 10.00."""
    plan = Asking().plan(messages=TEXT, max_tokens=100, service_tier="scale")
    assert len(plan.asked.text or b"") == 1023
    assert isinstance(expected_cost(plan, BOOK), Unpriced)
    assert standard_cost(plan, BOOK) == 512_000 + 1_000_000


def test_a_charge_too_large_to_be_true_is_the_largest() -> None:
    assert expected_cost(Asking().plan(messages=TEXT, max_tokens=10**6, n=10**6), BOOK) == LARGEST_CHARGE


@pytest.mark.parametrize(
    "text",
    [
        "The quick brown fox jumps over the lazy dog, and nobody in the village could tell why. " * 20,
        "Neue Aufrufe werden bis zum Monatsende abgelehnt, weil nichts mehr da war. " * 20,
        "預算已用完。新的請求將被拒絕。直到下個月開始為止。" * 20,
        "予算は使い切られており、翌月が始まるまで新しい呼び出しは拒否されます。" * 20,
        "Бюджет исчерпан, и новые вызовы отклоняются до начала следующего месяца. " * 20,
        "def reserve(self, call: Call) -> Reservation:\n    return self._purses[call.upstream]\n" * 20,
    ],
    ids=["English", "German", "Chinese", "Japanese", "Russian", "code"],
)
def test_the_rule_of_thumb_errs_high(text: str) -> None:
    """Against OpenAI's own tokenizers, on the body as it is sent."""
    body = compact({"messages": [{"role": "user", "content": text}]})
    for name in PATTERNS:
        assert len(body) / BYTES_PER_TOKEN > len(load(name).encode_ordinary(text))
