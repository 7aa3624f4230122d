"""What stands between a ledger and its projections: the plan as it was written, today's prices, the calls."""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import numpy as np

from ledger.price import Price
from ledger.pricebook import PriceBook
from ledger.pricelist import nearest_models, prices_of, provider_of_model
from payback.errors import SettingsError
from payback.toml_text import NO_TOML, why_not_toml
from payback.traffic_store import Traffics
from projection.amounts import read_volume
from projection.plan import Plan, Volume
from projection.plan_file import plan_of
from projection.price_columns import Prices, repriced
from projection.traffic import Traffic
from projection.volume import traffic_of

LEAST_SHARE = 0.01
"""Of the cost; workloads below it are named and not projected, unless they are asked for."""


def read_plan(path: Path) -> Plan:
    """The plan that the file holds. Raises SettingsError with one sentence."""
    try:
        document = tomllib.loads(path.read_text("utf-8"), parse_float=Decimal)
    except OSError as error:
        raise SettingsError(f"cannot read the plan {path}: {error.strerror}") from error
    except UnicodeDecodeError:
        raise SettingsError(f"{path} is not text in UTF-8; save it as that") from None
    except NO_TOML as error:
        raise SettingsError(f"{path} is not TOML: {why_not_toml(error)}") from None
    try:
        return plan_of(document, str(path))
    except ValueError as error:
        raise SettingsError(str(error)) from None


def stated_volume(text: str, model: str) -> Volume:
    """Of a text such as 100M/50M: input and output tokens a month. Raises SettingsError."""
    try:
        input_tokens, output_tokens = read_volume(text)
        return Volume(input_tokens_per_month=input_tokens, output_tokens_per_month=output_tokens, model=model)
    except ValueError as error:
        raise SettingsError(f"--volume: {error}") from None


def prices_on(book: PriceBook, now: datetime) -> Prices:
    """What models cost at *now*: the user's own prices first."""
    return lambda provider, models, service_tier: book.price_at(provider, models, service_tier, now)


def made_up_traffic(plan: Plan, volume: Volume, book: PriceBook, now: datetime) -> Traffic:
    """Calls as *volume* states them, at its own prices or today's. Raises SettingsError for no price."""
    if volume.input_usd_per_mtok is None and volume.provider is None:
        volume = replace(volume, provider=_provider_of(volume.model, book, now))
    try:
        made_up = traffic_of(volume, np.random.default_rng(plan.seed))
    except ValueError as error:
        raise SettingsError(str(error)) from None
    if volume.input_usd_per_mtok is not None:
        return made_up
    price = book.price_at(volume.provider, [volume.model], None, now)
    if not isinstance(price, Price):
        raise SettingsError(f"{price.reason}; add a [[price]], or state input_usd_per_mtok in the plan")
    return repriced(made_up, prices_on(book, now))


def _provider_of(model: str, book: PriceBook, now: datetime) -> str:
    """Whose model it is, or else the first who sells it."""
    maker = provider_of_model(book, model)
    if maker is not None:
        return maker
    prices = prices_of(book, model, now)
    if not prices:
        near = nearest_models(book, model)
        raise SettingsError(
            f"no price is known for {model}" + (f"; perhaps {', '.join(near)}" if near else "")
        )
    return prices[0].provider


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """The workloads to project, the dearest first, and those that are too small to be shown unasked."""

    shown: tuple[str, ...]
    smaller: tuple[str, ...]
    smaller_usd: float
    """Of the period, those of *smaller* together."""


def choose(found: Traffics) -> Chosen:
    """A workload is small by its cost; one whose calls have no price is small by its calls."""
    usd, unpriced = found.usd_by_workload(), found.unpriced_by_workload()
    least_usd, least_calls = LEAST_SHARE * found.together.list_cost_usd, LEAST_SHARE * len(found.together)
    smaller = [name for name in found.workloads if usd[name] < least_usd and unpriced[name] < least_calls]
    return Chosen(
        shown=tuple(name for name in found.workloads if name not in smaller),
        smaller=tuple(smaller),
        smaller_usd=sum(usd[name] for name in smaller),
    )


def nearest_workload(name: str, known: Iterable[str]) -> str | None:
    from difflib import get_close_matches

    return next(iter(get_close_matches(name, sorted(known), n=1)), None)
