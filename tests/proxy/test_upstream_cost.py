"""What upstream says that a call costs is kept to the last digit, and never anything that cannot be."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.money import render_usd
from proxy.dialects.openai_document import read
from proxy.dialects.upstream_cost import claimed_in, exact
from tests.proxy.bodies import compact


def claimed(usage: str) -> str | None:
    reading = read(b'{"usage":%s}' % usage.encode())
    cost = reading.upstream_cost if reading else None
    return None if cost is None else render_usd(cost)


@pytest.mark.parametrize(
    ("usage", "usd"),
    [
        ('{"cost":0.95}', "0.95"),
        ('{"cost":0}', "0.00"),
        ('{"cost":5.1e-07}', "0.00000051"),
        ('{"cost":0.0000000005}', "0.00"),
        ('{"cost":0.0000000015}', "0.000000002"),
        ('{"cost":0.1234567890123456789}', "0.123456789"),
        ('{"cost":999999.999999999}', "999999.999999999"),
        ('{"cost":2,"cost_details":{"upstream_inference_cost":2},"is_byok":false}', "2.00"),
        ('{"cost":2,"cost_details":{"upstream_inference_cost":1.5}}', "2.00"),
        ('{"cost":2,"cost_details":{"upstream_inference_cost":null},"is_byok":true}', "2.00"),
        ('{"cost":0,"cost_details":{"upstream_inference_cost":0.0360795},"is_byok":true}', "0.0360795"),
        ('{"cost":0.95,"cost_details":{"upstream_inference_cost":19}}', "19.95"),
        ('{"cost":{"input_tokens_cost":0.1,"total_cost":0.25}}', "0.25"),
        ('{"estimated_cost":0.00000213}', "0.00000213"),
        ('{"cost_in_usd_ticks":81380000}', "0.008138"),
        ('{"cost_in_usd_ticks":37756000}', "0.0037756"),
        ('{"cost_in_usd_ticks":0}', "0.00"),
    ],
)
def test_it_is_the_number_that_was_written(usage: str, usd: str) -> None:
    """Halves of a nano-USD go to the even one; a key of the customer's own is charged in two places."""
    assert claimed(usage) == usd


@pytest.mark.parametrize(
    "usage",
    [
        "{}",
        "null",
        "[1]",
        '{"cost":null}',
        '{"cost":"0.95"}',
        '{"cost":true}',
        '{"cost":-1}',
        '{"cost":1000000.01}',
        '{"cost":1e999999}',
        '{"cost":1e-999999}',
        '{"cost":1e99999999999999999999}',
        '{"cost":{}}',
        '{"cost":{"total_cost":"1"}}',
        '{"cost_in_usd_ticks":-1}',
        '{"cost_in_usd_ticks":1.5}',
        '{"cost_in_usd_ticks":18446744073709551616}',
        '{"estimated_cost":[1]}',
    ],
)
def test_what_no_call_can_cost_is_no_cost(usage: str) -> None:
    assert claimed(usage) is None


def test_a_number_of_a_million_digits_keeps_nobody_waiting() -> None:
    """Its exact fraction would take minutes to divide."""
    assert claimed('{"cost":0.%s}' % ("3" * 1_000_000)) is None


def test_what_was_decoded_otherwise_says_nothing() -> None:
    assert claimed_in({"cost": 0.5}) is None, "a binary float is not the number that was written"
    assert claimed_in({"cost": exact("0.5")}) == 500_000_000


NAMES = [
    "cost", "cost_details", "is_byok", "estimated_cost", "cost_in_usd_ticks", "total_cost",
    "upstream_inference_cost",
]  # fmt: skip
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from(NAMES), inner),
    max_leaves=4,
)


@given(st.dictionaries(st.sampled_from(NAMES), VALUES))
def test_no_usage_raises_anything(usage: dict[str, Any]) -> None:
    reading = read(compact({"usage": usage}))
    assert reading is None or reading.upstream_cost is None or reading.upstream_cost >= 0
