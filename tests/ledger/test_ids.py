"""The ledger's order is the order of time, and a span of time is a span of ids."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from ledger.ids import RANDOM_BYTES, call_id_at, first_call_id_at, render_call_id, us_of_call_id

TIMES = st.integers(0, 4_102_444_800_000_000)  # up to the year 2100, microseconds
RANDOM = st.binary(min_size=RANDOM_BYTES, max_size=RANDOM_BYTES)


@given(TIMES, RANDOM, RANDOM)
def test_a_later_microsecond_sorts_later_whatever_the_random_part(us: int, one: bytes, other: bytes) -> None:
    assert call_id_at(us, one) < call_id_at(us + 1, other)


@given(TIMES, RANDOM)
def test_the_first_id_of_an_instant_parts_before_from_after(us: int, random: bytes) -> None:
    assert first_call_id_at(us) <= call_id_at(us, random) < first_call_id_at(us + 1)


@given(TIMES, RANDOM)
def test_other_programs_take_it_for_a_uuid_of_version_7(us: int, random: bytes) -> None:
    call_id = uuid.UUID(bytes=bytes(call_id_at(us, random)))
    assert (call_id.version, call_id.variant) == (7, uuid.RFC_4122)
    assert call_id.int >> 80 == us // 1000  # 48 bits of milliseconds
    assert str(call_id) == render_call_id(call_id_at(us, random))


@given(TIMES, st.sets(RANDOM, min_size=2, max_size=2))
def test_two_calls_of_one_microsecond_have_two_ids(us: int, randoms: set[bytes]) -> None:
    one, other = (int.from_bytes(random, "big") % 2**62 for random in randoms)
    same = one == other  # 62 bits are used
    assert (len({call_id_at(us, random) for random in randoms}) == 1) == same


@given(TIMES, RANDOM)
def test_an_id_tells_the_very_microsecond_of_its_call(us: int, random: bytes) -> None:
    assert us_of_call_id(call_id_at(us, random)) == us


def test_a_period_that_begins_before_1970_begins_with_the_first_id() -> None:
    assert first_call_id_at(-1) == first_call_id_at(0)
