import tomllib
from datetime import date
from pathlib import Path

import pytest

from ledger.meter import Meter
from ledger.price import Price
from ledger.rating import Charge, rate
from ledger.units import Units
from ledger.usage import TokenUsage
from payback.errors import SettingsError
from payback.settings import load_settings
from payback.wiring import UNIT_KEYS, price_book
from tests.web.sample import HOSTILE_NAMES
from web.override_toml import meters_to_price, override_toml

NOVEMBER = date(2026, 11, 1)


@pytest.mark.parametrize(
    ("usage", "units", "meters"),
    [
        (TokenUsage(input_tokens=5, output_tokens=1), None, ["input", "output"]),
        (TokenUsage(input_tokens=5), None, ["input"]),
        (
            TokenUsage(input_tokens=9, output_tokens=3, cache_read_tokens=4, reasoning_tokens=2),
            None,
            ["input", "cache_read", "output"],
        ),
        (TokenUsage(input_tokens=9, input_audio_tokens=4), None, ["input"]),
        (TokenUsage(input_tokens=0), Units(images=2), ["images"]),
    ],
)
def test_only_what_the_call_used_must_be_stated(
    usage: TokenUsage, units: Units | None, meters: list[str]
) -> None:
    assert list(meters_to_price(usage, units)) == meters


@pytest.mark.parametrize(
    ("usage", "units"),
    [
        (TokenUsage(input_tokens=9, output_tokens=3, cache_write_tokens=4, cache_write_1h_tokens=1), None),
        (TokenUsage(input_tokens=0), Units(**dict.fromkeys(Units.__struct_fields__, 7))),
        (TokenUsage(input_tokens=5, output_tokens=9, output_audio_tokens=4, output_image_tokens=2), None),
    ],
)
def test_pasted_and_filled_in_it_prices_the_call(
    tmp_path: Path, usage: TokenUsage, units: Units | None
) -> None:
    toml = override_toml("lab", "tuned", NOVEMBER, meters_to_price(usage, units))
    config = tmp_path / "payback.toml"
    config.write_text(toml.replace('""', '"2.00"'))
    (override,) = price_book(load_settings(config)).overrides
    price = Price(provider="lab", model="tuned", rates=override.rates, source="configuration")
    charge = rate(usage, price, units)
    assert isinstance(charge, Charge)
    assert all(line.list_cost > 0 for line in charge.lines)


def test_left_as_it_is_it_is_refused_and_nothing_costs_zero_by_mistake(tmp_path: Path) -> None:
    config = tmp_path / "payback.toml"
    config.write_text(override_toml("lab", "tuned", NOVEMBER, [Meter.INPUT]))
    with pytest.raises(SettingsError, match="write USD"):
        load_settings(config)


@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_a_hostile_name_is_a_string_and_nothing_else(name: str) -> None:
    told = tomllib.loads(override_toml(name, f"{name}\x7f", NOVEMBER, [Meter.INPUT], service_tier=name))
    (price,) = told["price"]
    assert (price["provider"], price["model"], price["service_tier"]) == (name, f"{name}\x7f", name)
    assert set(price) == {"provider", "model", "from", "service_tier", "input_usd_per_mtok"}


def test_units_are_called_as_the_configuration_calls_them() -> None:
    for key, meter in UNIT_KEYS.items():
        assert f'{key} = ""' in override_toml("lab", "tuned", NOVEMBER, [meter])
