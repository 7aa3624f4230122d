"""What must hold before payback listens. Each raises SettingsError with a sentence that says what to do."""

from ipaddress import ip_address

from payback.errors import SettingsError
from payback.sections import Report


def refuse_open_report(host: str, report: Report) -> None:
    """Others must not read the report without a password."""
    if report.password is None and not is_loopback(host):
        raise SettingsError(
            f"{host} can be reached from other machines, and the report has no password;"
            ' set [report] password = { env = "NAME" } in the configuration, or listen on 127.0.0.1'
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
