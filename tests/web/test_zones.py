import pytest

from web.zones import nearest_zone, zone_named, zones


@pytest.mark.parametrize(
    "name", ["UTC", "", "../../etc/passwd", "Europe", "Mars/Olympus", "europe/berlin", "\x00"]
)
def test_what_is_no_zone_is_utc(name: str) -> None:
    assert zone_named(name) is None


def test_a_name_that_is_mistyped_is_answered_with_the_one_that_was_meant() -> None:
    assert nearest_zone("Europa/Berlin") == "Europe/Berlin"
    assert nearest_zone("new york") == "America/New_York"
    assert nearest_zone("#") is None
    assert "UTC" in zones()
