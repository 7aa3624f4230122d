"""The keys that payback has given to clients: can they be read, do they open something, which end soon."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from payback.checks.finding import Finding, fail, ok, warn
from payback.errors import SettingsError
from payback.issued_key import IssuedKey
from payback.key_file import key_file, read_keys
from payback.preconditions import doubt_about_callers, refuse_useless_keys
from payback.settings import Settings
from payback.terminal import clean, counted

SOON = timedelta(days=14)


def keys_are_in_order(settings: Settings, ledger: Path, now: datetime) -> Finding:
    try:
        keys = read_keys(key_file(settings, ledger))
        refuse_useless_keys(settings, keys, now)
    except SettingsError as error:
        return fail("keys", str(error))
    except FileNotFoundError:
        return _without_keys(settings)
    return _of_those_that_hold([key for key in keys if key.holds_at(now)], now)


def keys_known(settings: Settings, ledger: Path) -> Sequence[IssuedKey]:
    """None where their file is not there, or cannot be read, of which keys_are_in_order tells."""
    try:
        return read_keys(key_file(settings, ledger))
    except (SettingsError, FileNotFoundError):
        return ()


def _without_keys(settings: Settings) -> Finding:
    doubt = doubt_about_callers(settings.server.host, settings, has_keys=False)
    return warn("keys", doubt) if doubt else ok("keys", "calls need no key of payback's: none was made")


def _of_those_that_hold(keys: list[IssuedKey], now: datetime) -> Finding:
    if not keys:
        return warn("keys", "no key holds any more, so no call is let in; make one with payback keys add")
    ending = [key for key in keys if key.expires is not None and key.expires <= now + SOON]
    if ending:
        names = ", ".join(clean(key.name) for key in ending)
        return warn("keys", f"{names} will end within {SOON.days} days; give their clients new ones")
    return ok("keys", f"{counted(len(keys), 'key')} can make calls, and nobody else can")
