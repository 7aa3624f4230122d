"""From what the user wrote to what is projected: plans, volumes, prices, and which workloads are worth it."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from ledger.call import Attribution
from ledger.meter import Meter
from ledger.period import Period, us_of
from ledger.price import NoPrice, Price
from ledger.pricebook import Override, PriceBook
from ledger.sqlite.reader import open_sqlite_reader
from payback.errors import SettingsError
from payback.projecting import (
    Chosen,
    choose,
    made_up_traffic,
    nearest_workload,
    prices_on,
    read_plan,
    stated_volume,
)
from payback.traffic_store import traffics
from projection.plan import Plan, Volume
from tests.payback.books import BOOK, entry_at, keep

NOW = datetime(2026, 11, 22, tzinfo=UTC)


def plan_of(folder: Path, text: str | bytes) -> Plan:
    path = folder / "plan.toml"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return read_plan(path)


def test_a_plan_is_read_from_toml(tmp_path: Path) -> None:
    plan = plan_of(tmp_path, "horizon_months = 24\n[assumptions]\nops_h_per_month = 0.1\n")
    assert plan.horizon_months == 24
    assert plan.assumptions.value_of("ops_h_per_month") == 0.1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"a = ", "is not TOML: invalid value (at end of document)"),
        (b"a = " + b"9" * 5000, "is not TOML: a number in it is too long"),
        (b"a = 1e" + b"9" * 30, "is not TOML: a number in it is too long"),
        (b"\xff", "is not text in UTF-8; save it as that"),
        (b"horizon_month = 3", ": horizon_month is no known key; nearest: horizon_months"),
    ],
)
def test_a_plan_that_cannot_be_read_is_one_sentence_that_begins_with_its_name(
    tmp_path: Path, text: bytes, sentence: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        plan_of(tmp_path, text)
    told = str(raised.value)
    assert told.startswith(str(tmp_path / "plan.toml"))
    assert sentence in told
    assert "\n" not in told


def test_a_plan_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"cannot read the plan .*plan.toml: No such file"):
        read_plan(tmp_path / "plan.toml")


def test_a_volume_is_input_and_output_tokens_a_month() -> None:
    volume = stated_volume("100M/50M", "gpt-4o")
    assert (volume.input_tokens_per_month, volume.output_tokens_per_month) == (1e8, 5e7)
    with pytest.raises(SettingsError, match="--volume: much is no volume"):
        stated_volume("much", "gpt-4o")


def test_a_stated_volume_costs_what_its_model_costs_today() -> None:
    """At 2.50 and 10 USD a million: 100 x 2.5 + 50 x 10 = 750 USD a month of 30.4375 days; here it is 28."""
    made_up = made_up_traffic(Plan(), stated_volume("100M/50M", "gpt-4o"), PriceBook(), NOW)
    assert made_up.unpriced_calls == 0
    assert made_up.list_cost_usd == pytest.approx(750 * 28 / 30.4375, rel=1e-4)
    assert made_up.billings[0].provider == "openai"


def test_the_same_seed_makes_up_the_same_calls() -> None:
    volume = stated_volume("1M/1M", "gpt-4o")
    first, again, other = (
        made_up_traffic(Plan(seed=seed), volume, PriceBook(), NOW).calls.started_us.tolist()
        for seed in (1, 1, 2)
    )
    assert first == again != other


def test_the_users_own_price_comes_first_and_one_in_the_plan_before_that() -> None:
    rates = {Meter.INPUT: Decimal(1), Meter.OUTPUT: Decimal(1)}
    book = PriceBook([Override(provider="lab", model="ours", since=date(2026, 1, 1), usd_per_mtok=rates)])
    volume = stated_volume("10M/10M", "ours")
    made_up = made_up_traffic(Plan(), volume, book, NOW)
    assert made_up.list_cost_usd == pytest.approx(20 * 28 / 30.4375, rel=1e-3)
    stated = Volume(
        input_tokens_per_month=1e7, output_tokens_per_month=1e7, model="ours",
        input_usd_per_mtok=2, output_usd_per_mtok=2,
    )  # fmt: skip
    assert made_up_traffic(Plan(), stated, book, NOW).list_cost_usd == pytest.approx(
        2 * made_up.list_cost_usd
    )


def test_a_model_that_nobody_prices_is_refused_with_names_that_may_be_meant() -> None:
    with pytest.raises(SettingsError, match="no price is known for gpt-4oo; perhaps gpt-4o"):
        made_up_traffic(Plan(), stated_volume("1M/1M", "gpt-4oo"), PriceBook(), NOW)


def test_a_provider_without_the_model_is_refused_with_the_reason() -> None:
    volume = Volume(input_tokens_per_month=1, output_tokens_per_month=1, model="gpt-4o", provider="nobody")
    with pytest.raises(SettingsError, match=r"nobody.*add a \[\[price\]\]"):
        made_up_traffic(Plan(), volume, PriceBook(), NOW)


def test_prices_are_those_of_the_day() -> None:
    prices = prices_on(BOOK, NOW)
    assert isinstance(prices("acme", ["small-model"], None), Price)
    assert isinstance(
        prices_on(BOOK, datetime(2025, 1, 1, tzinfo=UTC))("acme", ["small-model"], None), NoPrice
    )


def test_a_workload_below_one_percent_of_the_cost_is_left_for_later(tmp_path: Path) -> None:
    """The large one has 199 calls of 200; what has no price is judged by its calls, and has as many."""
    large = [entry_at("2026-11-02T08:00:00", n, who=Attribution(workload="large")) for n in range(199)]
    small = entry_at("2026-11-02T09:00:00", who=Attribution(workload="small"))
    unpriced = [
        entry_at("2026-11-02T10:00:00", n, request_model="other", who=Attribution(workload="unpriced"))
        for n in range(20)
    ]
    reader = open_sqlite_reader(keep(tmp_path / "payback.db", *large, small, *unpriced))
    period = Period(date(2026, 11, 1), date(2026, 11, 3))
    chosen = choose(traffics(reader, tmp_path / "payback.db", period, now_us=us_of(date(2026, 11, 22))))
    reader.close()
    assert chosen == Chosen(shown=("large", "unpriced"), smaller=("small",), smaller_usd=0.0045)


def test_the_workload_that_was_perhaps_meant_is_named() -> None:
    assert nearest_workload("support-2", ["support", "search"]) == "support"
    assert nearest_workload("xyz", ["support"]) is None
