"""A price that is missing -> the lines of the configuration that state it, amounts left to fill in. Pure."""

import json
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from ledger.meter import Meter
from ledger.price import STANDARD, Price, Rate
from ledger.rating import Charge, rate
from ledger.units import Units
from ledger.usage import TokenUsage

_UNIT_KEYS = {
    Meter.IMAGES: "usd_per_image",
    Meter.AUDIO: "usd_per_audio_hour",
    Meter.CHARACTERS: "usd_per_mchar",
    Meter.WEB_SEARCH: "usd_per_1k_web_searches",
    Meter.FILE_SEARCH: "usd_per_1k_file_searches",
    Meter.SEARCH_UNIT: "usd_per_1k_search_units",
    Meter.PAGE: "usd_per_1k_pages",
}
_IN_OTHERS = frozenset({Meter.OUTPUT_REASONING, Meter.REQUEST})
"""What is charged apart only where a price says so."""
_OF_NOTHING = Price(
    provider="",
    model="",
    rates=tuple(Rate(meter, Decimal(0), meter.per) for meter in Meter if meter not in _IN_OTHERS),
    source="",
)


def meters_to_price(usage: TokenUsage, units: Units | None) -> tuple[Meter, ...]:
    """What a price must have a rate for to charge such a call; empty where no price can."""
    charge = rate(usage, _OF_NOTHING, units)
    return tuple(line.meter for line in charge.lines) if isinstance(charge, Charge) else ()


def override_toml(
    provider: str, model: str, since: date, meters: Sequence[Meter], service_tier: str = STANDARD
) -> str:
    r"""Amounts are empty: the configuration refuses them until they are filled in, and nothing costs 0 by
    mistake.

    >>> print(override_toml("openai", "tuned", date(2026, 11, 1), [Meter.INPUT]))
    [[price]]
    provider = "openai"
    model = "tuned"
    from = 2026-11-01
    input_usd_per_mtok = ""
    """
    return "\n".join(_lines(provider, model, since, meters, service_tier))


def _lines(
    provider: str, model: str, since: date, meters: Sequence[Meter], service_tier: str
) -> Iterator[str]:
    yield "[[price]]"
    yield f"provider = {_text(provider)}"
    yield f"model = {_text(model)}"
    yield f"from = {since.isoformat()}"
    if service_tier != STANDARD:
        yield f"service_tier = {_text(service_tier)}"
    for meter in meters:
        yield f'{_UNIT_KEYS.get(meter) or f"{meter}_usd_per_mtok"} = ""'


def _text(text: str) -> str:
    """A basic string of TOML: JSON's, with escapes for what nobody sees or what turns the text around."""
    quoted = json.dumps(text, ensure_ascii=False)
    return "".join(char if char.isprintable() else _escaped(ord(char)) for char in quoted)


def _escaped(code: int) -> str:
    return f"\\u{code:04x}" if code < 1 << 16 else f"\\U{code:08x}"
