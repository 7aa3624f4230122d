"""What payback does not start for."""

import pytest

from payback.errors import SettingsError
from payback.preconditions import (
    doubt_about_callers,
    is_loopback,
    refuse_lenient_parser,
    refuse_open_report,
    refuse_useless_keys,
)
from payback.secret import Secret
from payback.sections import Report
from payback.settings import Settings, read_settings
from tests.proxy.issued import LONG_AGO, MADE, issued


@pytest.mark.parametrize("host", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_on_loopback_the_report_needs_no_password(host: str) -> None:
    assert is_loopback(host)
    refuse_open_report(host, Report())


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "192.0.2.1", "localhost.example.com", "127.0.0.1.example.com", ""]
)
def test_elsewhere_it_does(host: str) -> None:
    with pytest.raises(SettingsError, match=r"the report has no password; set \[report\] password"):
        refuse_open_report(host, Report())
    refuse_open_report(host, Report(password=Secret(env="SOME_NAME")))


def test_the_aiohttp_of_this_environment_has_its_c_parser() -> None:
    """What happens without it is tested with payback serve."""
    refuse_lenient_parser()


def test_whoever_can_be_reached_and_asks_for_no_key_is_warned() -> None:
    told = doubt_about_callers("192.0.2.1", Settings(), has_keys=False)
    assert told is not None
    assert told.startswith("whoever reaches 192.0.2.1 may make calls; give clients keys")
    assert doubt_about_callers("192.0.2.1", Settings(), has_keys=True) is None
    assert doubt_about_callers("127.0.0.1", Settings(), has_keys=False) is None


def test_a_door_that_nobody_can_open_is_told() -> None:
    closed = read_settings({"proxy": {"require_key": True}}, "test")
    assert "no call is let in until" in (doubt_about_callers("127.0.0.1", closed, has_keys=False) or "")
    assert doubt_about_callers("127.0.0.1", closed, has_keys=True) is None


def test_a_key_must_lead_to_an_upstream_that_payback_has_a_key_for() -> None:
    """Or to one of one's own; keys that open nothing any more need none."""
    for name in ("ollama", None):
        settings = read_settings({"default_upstream": "ollama"}, "test")
        refuse_useless_keys(settings, [issued("ci", upstream=name)], MADE)
    for upstream, why in ((None, "the upstream openai, which has no key"), ("lost", "which is no upstream")):
        with pytest.raises(SettingsError, match=why):
            refuse_useless_keys(Settings(), [issued("ci", upstream=upstream)], MADE)
    refuse_useless_keys(Settings(), [issued("a", revoked=LONG_AGO), issued("b", expires=MADE)], MADE)
