"""What payback does not start for."""

import pytest

from payback.errors import SettingsError
from payback.preconditions import is_loopback, refuse_lenient_parser, refuse_open_report
from payback.secret import Secret
from payback.sections import Report


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
