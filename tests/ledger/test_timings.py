"""Durations that a local server reports: what cannot be one is refused where it is made."""

import pytest

from ledger.timings import Timings


def test_what_the_server_did_not_say_took_not_no_time() -> None:
    assert Timings(load_us=0) != Timings()


@pytest.mark.parametrize("name", Timings.__struct_fields__)
@pytest.mark.parametrize("duration", [-1, 2**53, True, 0.5, "7"])
def test_what_is_no_whole_number_of_microseconds_is_refused(name: str, duration: object) -> None:
    with pytest.raises(ValueError, match=f"^{name} is not a duration in whole microseconds$"):
        Timings(**{name: duration})  # type: ignore[arg-type]
