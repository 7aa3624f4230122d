from pathlib import Path

from ledger.price import NoPrice
from tests.web.sample import NOW
from tests.web.server import settings_for
from web.entrance import EntranceSettings
from web.report_settings import ReportSettings


def test_a_program_that_says_only_what_it_must_gets_a_report_that_nobody_else_sees() -> None:
    """No password and no host names: security answers under those of loopback alone."""
    entrance = EntranceSettings()
    assert (entrance.password, entrance.allowed_hosts) == (None, frozenset())


def test_what_a_program_does_not_say_is_not_made_up() -> None:
    settings: ReportSettings = settings_for(Path("payback.db"))
    assert list(settings.notices()) == []
    assert settings.writing is None
    assert settings.projector is None
    assert isinstance(settings.book().price_at("nobody", ["none"], None, NOW), NoPrice)
