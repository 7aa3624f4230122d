"""Counts beside tokens: what cannot be one is refused where it is made."""

import pytest

from ledger.units import Units
from ledger.usage import MAX_TOKENS


def test_what_upstream_did_not_say_is_not_a_zero() -> None:
    assert Units(images=0) != Units()
    assert Units().web_searches is None


@pytest.mark.parametrize("name", Units.__struct_fields__)
@pytest.mark.parametrize("count", [-1, MAX_TOKENS + 1, True, 1.5, "7", float("nan")])
def test_what_is_no_count_is_refused(name: str, count: object) -> None:
    with pytest.raises(ValueError, match=f"^{name} is not a count$"):
        Units(**{name: count})  # type: ignore[arg-type]


def test_the_largest_count_that_json_carries_exactly_is_taken() -> None:
    assert Units(audio_ms=MAX_TOKENS).audio_ms == 2**53 - 1
