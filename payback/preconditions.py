"""What must hold before payback listens. Each raises SettingsError with a sentence that says what to do."""

from collections.abc import Iterable
from datetime import datetime
from ipaddress import ip_address

from payback.errors import SettingsError
from payback.issued_key import IssuedKey
from payback.sections import Report
from payback.settings import Settings


def refuse_open_report(host: str, report: Report) -> None:
    """Others must not read the report without a password."""
    if report.password is None and not is_loopback(host):
        raise SettingsError(
            f"{host} can be reached from other machines, and the report has no password;"
            ' set [report] password = { env = "NAME" } in the configuration, or listen on 127.0.0.1'
        )


def refuse_useless_keys(settings: Settings, keys: Iterable[IssuedKey], now: datetime) -> None:
    """A client's key stands for one that payback holds: there must be one, where its calls go."""
    upstreams = {upstream.name: upstream for upstream in settings.upstreams()}
    for key in keys:
        if not key.holds_at(now):
            continue
        name = key.upstream or settings.default_upstream
        if name not in upstreams:
            raise SettingsError(
                f"key {key.name}: its calls go to {name}, which is no upstream; write an [[upstream]] of that"
                f" name, or run payback keys revoke {key.name}"
            )
        upstream = upstreams[name]
        if upstream.api_key is None and not upstream.self_hosted:
            raise SettingsError(
                f"key {key.name}: its calls go to the upstream {name}, which has no key that it could stand"
                f" for; set api_key in an [[upstream]] named {name}, or name another upstream"
            )


def doubt_about_callers(host: str, settings: Settings, *, has_keys: bool) -> str | None:
    """A warning, where others can reach payback and need no key for their calls, or nobody can make one."""
    if has_keys:
        return None
    if settings.proxy.require_key:
        return "no call is let in until payback keys add has made a key, as [proxy] require_key is set"
    if is_loopback(host):
        return None
    paid = [upstream.name for upstream in settings.upstream if upstream.api_key is not None]
    spending = f", and spends on the api_key of {' and '.join(paid)}" if paid else ""
    return (
        f"whoever reaches {host} may make calls{spending}; give clients keys with payback keys add, or let"
        " only them reach it"
    )


def refuse_lenient_parser() -> None:
    """Most of aiohttp's request smuggling faults were in its parser that is in Python: never that one.
    Source: https://github.com/aio-libs/aiohttp/security/advisories, read 2026-11-22."""
    from aiohttp.http_parser import HttpRequestParser, HttpRequestParserPy

    if HttpRequestParser is HttpRequestParserPy:
        raise SettingsError(
            "this aiohttp was built without its C parser, which payback needs to read requests safely;"
            " install a wheel of aiohttp for this platform, and unset AIOHTTP_NO_EXTENSIONS"
        )


def is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
