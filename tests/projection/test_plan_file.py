"""A plan file says all that a plan can; a mistake is told with its place, its key and what to write."""

import re
import tomllib
from decimal import Decimal
from pathlib import Path

import pytest

from projection.assumptions import Basis
from projection.catalogue import NotListed, catalogue
from projection.plan import ApiPrices, Kind, Plan
from projection.plan_file import plan_of


def read(text: str) -> Plan:
    return plan_of(tomllib.loads(text, parse_float=Decimal), "plan.toml")


def complaint(text: str) -> str:
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - the sentence is what is asserted
        read(text)
    return str(caught.value)


WHOLE = """
name = "support bot"
about = "two cards under a desk"
workload = "support"
horizon_months = 24
paths = 500
seed = 7
api_prices = "switch"

[constraints]
first_token_s = 1.5
per_token_s = 0.05
share = 0.95
must_stay_in_house = true
rented_is_in_house = true
burst_factor = 1.5
most_units = 8

[assumptions]
electricity_usd_per_kwh = 0.12
ops_h_per_month = { value = 8, low = 4, high = 20, source = "our administrators" }
discount_per_year = { value = 0.08, high = 0.2 }

[[course]]
model = "llama-3.3 70b"
hardware = "rtx4090"
units = 2
quantisation = "Q4_K_M"
engine = "vllm"
kinds = ["buy", "D"]
hardware_usd = 5500
host_usd = "1200.50"

[[course]]
hardware = "my rig"
kinds = ["B"]
rent_usd_per_h = 1.30

[volume]
model = "gpt-4o"
provider = "openai"
input_tokens_per_month = "100M"
output_tokens_per_month = 50_000_000
input_usd_per_mtok = 5
output_usd_per_mtok = "15.00"
calls_per_month = 100_000
hours_per_day = 12

[[catalogue.hardware]]
name = "my rig"
memory_gib = 48
bandwidth_gb_s = 900
tflops_16 = 70
idle_w = 30
busy_w = 300
maker = "nvidia"
read = 2026-11-01

[[measured]]
hardware = "my rig"
model = "Llama 3.3 70B"
engine = "vLLM"
concurrent = 16
input_tokens = 512
output_tokens = 256
output_tokens_per_s = 240.5
measured_at = 2026-11-20T10:00:00Z
"""


def test_a_whole_plan_is_read() -> None:
    plan = read(WHOLE)
    assert (plan.name, plan.workload, plan.horizon_months, plan.paths, plan.seed) == (
        "support bot",
        "support",
        24,
        500,
        7,
    )
    assert plan.api_prices is ApiPrices.SWITCH
    limits, bounds = plan.constraints.limits, plan.constraints
    assert (limits.first_token_s, limits.per_token_s, limits.share) == (1.5, 0.05, 0.95)
    assert (bounds.must_stay_in_house, bounds.rented_is_in_house, bounds.burst_factor, bounds.most_units) == (
        True,
        True,
        1.5,
        8,
    )


def test_courses_are_read_with_names_as_the_catalogue_spells_them() -> None:
    bought, rented = read(WHOLE).wanted
    assert (bought.model, bought.hardware, bought.quantisation, bought.engine) == (
        "Llama 3.3 70B",
        "RTX 4090",
        "q4_k_m",
        "vLLM",
    )
    assert (bought.units, bought.kinds, bought.hardware_usd, bought.host_usd) == (
        2,
        (Kind.BUY, Kind.HYBRID),
        5500.0,
        1200.5,
    )
    assert (rented.hardware, rented.units, rented.rent_usd_per_h) == ("my rig", None, 1.3)
    assert rented.kinds == (Kind.RENT, Kind.RENT_BUSY_HOURS)


def test_a_plain_number_is_known_and_a_range_stays_open() -> None:
    assumptions = read(WHOLE).assumptions
    power, hours, discount = (
        assumptions[name] for name in ("electricity_usd_per_kwh", "ops_h_per_month", "discount_per_year")
    )
    assert (power.low, power.value, power.high, power.is_drawn) == (0.12, 0.12, 0.12, False)
    assert (power.basis, power.source, power.unit) == (Basis.STATED, "stated in the plan", "USD/kWh")
    assert (hours.low, hours.value, hours.high, hours.is_drawn, hours.source) == (
        4,
        8,
        20,
        True,
        "our administrators",
    )
    assert (discount.low, discount.high, discount.is_drawn) == (0.08, 0.2, False)  # a choice is never drawn
    assert assumptions["pue"].basis is Basis.ASSUMED


def test_the_volume_and_measured_speeds_are_read() -> None:
    plan = read(WHOLE)
    assert plan.volume is not None
    volume, (speed,) = plan.volume, plan.measured
    assert (volume.input_tokens_per_month, volume.output_tokens_per_month) == (100e6, 50e6)
    assert (volume.input_usd_per_mtok, volume.output_usd_per_mtok, volume.hours_per_day) == (5, 15, 12)
    assert (speed.hardware, speed.concurrent, speed.output_tokens_per_s) == ("my rig", 16, 240.5)
    assert (speed.quantisation, speed.engine, speed.measured_at) == (
        None,
        "vLLM",
        "2026-11-20T10:00:00+00:00",
    )
    assert "my rig" in catalogue(plan.catalogue).hardware


def test_an_empty_plan_leaves_everything_open() -> None:
    assert read("").wanted == ()
    assert read("").constraints == Plan().constraints
    assert dict(read("").assumptions) == dict(Plan().assumptions)
    assert read("").volume is None


@pytest.mark.parametrize(
    "table",
    [
        'input_tokens_per_month = "300M"\noutput_tokens_per_month = "150M"\ninput_tokens_per_call = 1000',
        "calls_per_month = 300_000\ninput_tokens_per_call = 1000\noutput_tokens_per_call = 500",
        'calls_per_month = 300_000\ninput_tokens_per_month = "300M"\noutput_tokens_per_call = 500',
        'input_tokens_per_month = "300M"\ninput_tokens_per_call = "1k"\noutput_tokens_per_call = 500',
        'output_tokens_per_month = "150M"\ninput_tokens_per_call = 1000\noutput_tokens_per_call = 500',
    ],
)
def test_calls_and_tokens_follow_from_each_other(table: str) -> None:
    volume = read(f'[volume]\nmodel = "gpt-4o"\n{table}').volume
    assert volume is not None
    assert (volume.calls_per_month, volume.input_tokens_per_month, volume.output_tokens_per_month) == (
        300_000,
        300e6,
        150e6,
    )


MISTAKES = [
    ("horizn_months = 3", "plan.toml: horizn_months is no known key; nearest: horizon_months"),
    ("horizon_months = 0", "plan.toml: horizon_months is 0; write a whole number from 1 to 120"),
    ("horizon_months = 12.5", "plan.toml: horizon_months is 12.5; write a whole number from 1 to 120"),
    ("paths = true", "plan.toml: paths is true; write a whole number from 100 to 20000"),
    ("seed = -1", "plan.toml: seed is -1; write a whole number from 0 to 4294967295"),
    ('api_prices = "fall"', 'plan.toml: api_prices is "fall"; write one of stay, switch, flat'),
    ('name = ""', 'plan.toml: name is ""; write text in quotes'),
    ("name = [1]", "plan.toml: name is a list; write text in quotes"),
    ("constraints = 3", "plan.toml: [constraints] is 3; write key = value, below [constraints]"),
    (
        "[constraints]\nfirst_token_s = -1",
        "plan.toml: [constraints] first_token_s is -1; write a number above 0",
    ),
    (
        '[constraints]\nper_token_s = "0.1"',
        'plan.toml: [constraints] per_token_s is "0.1"; write a number without quotes above 0',
    ),
    (
        "[constraints]\nshare = 1.5",
        "plan.toml: [constraints] share is 1.5; write a number above 0, 1 at most",
    ),
    (
        "[constraints]\nmust_stay_in_house = 1",
        "plan.toml: [constraints] must_stay_in_house is 1; write true or false",
    ),
    (
        "[assumptions]\nops_h_per_month = -2",
        "plan.toml: [assumptions] ops_h_per_month is -2; write a number from 0 to 100000",
    ),
    (
        "[assumptions]\npue = nan",
        "plan.toml: [assumptions] pue is NaN; write a number from 1 to 5",
    ),
    (
        "[assumptions]\nelectricity_usd_per_kwh = inf",
        "plan.toml: [assumptions] electricity_usd_per_kwh is Infinity; write a number from 0 to 100000",
    ),
    (
        "[assumptions]\nfallback_share = true",
        "plan.toml: [assumptions] fallback_share is true; write a number from 0 to 1",
    ),
    (
        "[assumptions]\nelectricity = 0.1",
        "plan.toml: [assumptions] electricity is no known key; nearest: electricity_usd_per_kwh",
    ),
    (
        "[assumptions]\npue = { low = 1 }",
        "plan.toml: [assumptions] pue has no value; write pue = { value = 1 }",
    ),
    (
        "[assumptions]\npue = { value = 1.2, lo = 1 }",
        "plan.toml: [assumptions] pue lo is no known key; nearest: low",
    ),
    (
        "[assumptions]\npue = { value = 1.2, low = 1.3 }",
        "plan.toml: [assumptions] pue is 1.2 between 1.3 and 1.2; write low <= value <= high",
    ),
    ("course = 1", "plan.toml: [[course]] is 1; write [[course]] above the keys of each"),
    ("[course]\nunits = 1", "plan.toml: [[course]] is a table; write [[course]] above the keys of each"),
    ("course = [1]", "plan.toml: [[course]] 1 is 1; write key = value, below [[course]]"),
    ("[[course]]\nunits = 0", "plan.toml: [[course]] 1 units is 0; write a whole number from 1 to 1000"),
    (
        "[[course]]\nkinds = []",
        (
            "plan.toml: [[course]] 1 kinds is a list; write a list of 'rent', 'rent_busy_hours', 'buy',"
            " 'hybrid', or of the letters B, C, D"
        ),
    ),
    (
        '[[course]]\nhardware_usd = "much"\nhardware = "H100"',
        'plan.toml: [[course]] 1 hardware_usd is "much"; write USD from 0 to 1,000,000,000,000, such as 3.00',
    ),
    (
        "[[course]]\nrent_usd_per_h = 2",
        "plan.toml: [[course]] 1 rent_usd_per_h is the price of one machine; write hardware as well",
    ),
    (
        '[[course]]\nhardware = "RTX 4090"\nhardware_usd = 2',
        "plan.toml: [[course]] 1 hardware_usd is the price of all units together; write units as well",
    ),
    (
        "[volume]\ninput_tokens_per_month = 1",
        'plan.toml: [volume] model is missing; write what is paid for today, as in model = "gpt-4o"',
    ),
    (
        '[volume]\nmodel = "m"\ninput_tokens_per_month = 1',
        (
            "plan.toml: [volume] output_tokens_per_month is missing; write tokens,"
            ' as in output_tokens_per_month = "100M"'
        ),
    ),
    (
        '[volume]\nmodel = "m"\ninput_tokens_per_month = "many"',
        'plan.toml: [volume] input_tokens_per_month is "many"; write tokens, such as 1200000 or "1.2M"',
    ),
    (
        '[volume]\nmodel = "m"\ninput_tokens_per_month = -1',
        'plan.toml: [volume] input_tokens_per_month is -1; write tokens, such as 1200000 or "1.2M"',
    ),
    (
        '[volume]\nmodel = "m"\nhours_per_day = 0\n',
        "plan.toml: [volume] hours_per_day is 0; write a number above 0, 24 at most",
    ),
    (
        (
            '[volume]\nmodel = "m"\ninput_tokens_per_month = "2M"\noutput_tokens_per_month = 1\n'
            "calls_per_month = 1000\ninput_tokens_per_call = 1000"
        ),
        (
            "plan.toml: [volume] input_tokens_per_month is 2e+06, but 1000 calls of 1000 tokens are 1e+06;"
            " leave one out"
        ),
    ),
    (
        (
            '[volume]\nmodel = "m"\ninput_tokens_per_month = 1\noutput_tokens_per_month = 1\n'
            "input_usd_per_mtok = 3"
        ),
        (
            "plan.toml: [volume] one price is stated; write input_usd_per_mtok and output_usd_per_mtok,"
            " or neither"
        ),
    ),
    (
        "[[catalogue.hardwear]]\nname = 1",
        "plan.toml: [catalogue] no table hardwear is known; nearest: hardware",
    ),
    (
        "catalogue = 1",
        "plan.toml: [catalogue] is no table; write [[catalogue.hardware]] above the keys of a machine",
    ),
    (
        '[[catalogue.hardware]]\nname = "RTX 4090"\nbusy_w = -1',
        "plan.toml: [catalogue] hardware RTX 4090: busy_w is -1; write a number above 0",
    ),
    (
        '[[measured]]\nhardware = "RTX 4090"\nmodel = "Llama 3 8B"',
        "plan.toml: [[measured]] 1 concurrent is missing; `payback measure` writes it",
    ),
]


@pytest.mark.parametrize(("text", "sentence"), MISTAKES, ids=[sentence for _, sentence in MISTAKES])
def test_a_mistake_is_told_in_one_sentence(text: str, sentence: str) -> None:
    assert complaint(text) == sentence


@pytest.mark.parametrize(
    ("key", "name", "nearest"),
    [
        ("hardware", "RTX 4091", "RTX 4090"),
        ("model", "Llama 3.3 71B", "Llama 3.3 70B"),
        ("quantisation", "q4_k_l", "q4_k_m"),
        ("engine", "vLLLM", "vLLM"),
    ],
)
def test_an_unknown_name_is_told_with_the_nearest(key: str, name: str, nearest: str) -> None:
    sentence = f"plan.toml: [[course]] 2 {key}: no {key} {name}; nearest: {nearest}"
    with pytest.raises(NotListed, match=f"^{re.escape(sentence)}$"):
        read(f'[[course]]\nhardware = "RTX 4090"\n[[course]]\n{key} = "{name}"')


def test_a_number_of_thousands_of_digits_is_refused_without_being_written() -> None:
    assert complaint(f"horizon_months = 0x{'f' * 9000}") == (
        "plan.toml: horizon_months is larger than any number here; write a whole number from 1 to 120"
    )


def test_the_plans_on_the_page_about_plans_are_plans() -> None:
    page = (Path(__file__).parents[2] / "docs" / "plan.md").read_text("utf-8")
    whole, volume = (read(text) for text in re.findall(r"```toml\n(.*?)```", page, re.DOTALL))
    assert [wanted.hardware for wanted in whole.wanted] == ["RTX 4090", "A100 80GB SXM"]
    assert not whole.assumptions["electricity_usd_per_kwh"].is_drawn
    assert volume.volume is not None
    assert volume.volume.input_tokens_per_month == 100e6
