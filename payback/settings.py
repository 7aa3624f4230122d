"""The configuration: read from TOML, checked, explained where it is wrong."""

import tomllib
from collections.abc import Sequence
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, ValidationError, model_validator

from payback import places
from payback.budget_sections import BudgetSettings, fault_in_names
from payback.caller_sections import KeySettings, WorkloadSettings
from payback.complaints import nearest, sentence_of
from payback.errors import SettingsError as SettingsError
from payback.failovers import fault_in_failovers
from payback.price_sections import AliasSettings, PriceSettings
from payback.section import Section
from payback.sections import Ledger, Log, Proxy, Report, Server
from payback.setting_types import Text
from payback.toml_text import NO_TOML, toml_of, why_not_toml
from payback.upstream_section import UpstreamSettings

PLACE = places.CONFIGURATION

BUILT_IN = (
    UpstreamSettings(name="openai", base_url="https://api.openai.com/v1", provider="openai"),
    UpstreamSettings(name="anthropic", base_url="https://api.anthropic.com/v1", provider="anthropic"),
    UpstreamSettings(name="google", base_url="https://generativelanguage.googleapis.com", provider="google"),
    UpstreamSettings(name="ollama", base_url="http://127.0.0.1:11434", self_hosted=True),
)


class Settings(Section):
    """All of it."""

    default_upstream: Text = Field("openai", description="Where calls go that nothing else decides.")
    server: Server = Server()
    proxy: Proxy = Proxy()
    ledger: Ledger = Ledger()
    report: Report = Report()
    log: Log = Log()
    upstream: Annotated[tuple[UpstreamSettings, ...], Field(strict=False)] = ()
    price: Annotated[tuple[PriceSettings, ...], Field(strict=False)] = ()
    alias: Annotated[tuple[AliasSettings, ...], Field(strict=False)] = ()
    key: Annotated[tuple[KeySettings, ...], Field(strict=False)] = ()
    workload: Annotated[tuple[WorkloadSettings, ...], Field(strict=False)] = ()
    budget: Annotated[tuple[BudgetSettings, ...], Field(strict=False)] = ()

    @model_validator(mode="after")
    def _names_fit(self) -> "Settings":
        twice = _first_repeated([upstream.name for upstream in self.upstream])
        if twice is not None:
            raise ValueError(f"two [[upstream]] are named {twice}; rename one")
        known = sorted(upstream.name for upstream in self.upstreams())
        if self.default_upstream not in known:
            offer = nearest(self.default_upstream, known)
            raise ValueError(f"default_upstream {toml_of(self.default_upstream)} is no upstream; {offer}")
        return self

    @model_validator(mode="after")
    def _failovers_lead_somewhere(self) -> "Settings":
        if fault := fault_in_failovers(self.upstreams()):
            raise ValueError(fault)
        return self

    @model_validator(mode="after")
    def _keys_are_clear(self) -> "Settings":
        twice = _first_repeated([key.name for key in self.key])
        if twice is not None:
            raise ValueError(f"two [[key]] are named {twice}; rename one")
        return self

    @model_validator(mode="after")
    def _budgets_are_clear(self) -> "Settings":
        twice = _first_repeated([budget.name for budget in self.budget])
        if twice is not None:
            raise ValueError(f"two [[budget]] are named {twice}; rename one")
        given = {"workload": [rule.name for rule in self.workload], "key": [key.name for key in self.key]}
        if fault := fault_in_names(self.budget, given):
            raise ValueError(fault)
        return self

    @model_validator(mode="after")
    def _prices_are_clear(self) -> "Settings":
        twice = _first_repeated(
            [(price.provider, price.model, price.service_tier, price.since) for price in self.price]
        )
        if twice is not None:
            raise ValueError(f"two [[price]] of {twice[0]} {twice[1]} begin on {twice[3]}; take one out")
        return self

    def upstreams(self) -> tuple[UpstreamSettings, ...]:
        """The configured ones, then the built-in ones that are not replaced."""
        own = {upstream.name for upstream in self.upstream}
        return (*self.upstream, *(upstream for upstream in BUILT_IN if upstream.name not in own))


def load_settings(path: Path | None) -> Settings:
    """*path*, or ./payback.toml where that is there, or else the defaults. Raises SettingsError."""
    place = path or (PLACE if PLACE.is_file() else None)
    if place is None:
        return Settings()
    try:
        text = place.read_text("utf-8") + "\n"  # else a fault in the last line is told without its number
        table = tomllib.loads(text, parse_float=Decimal)
    except OSError as error:
        raise SettingsError(
            f"cannot read the configuration {place}: {error.strerror}; give --config another path"
        ) from error
    except UnicodeDecodeError:
        raise SettingsError(f"{place} is not text in UTF-8; save it as that") from None
    except NO_TOML as error:
        raise SettingsError(f"{place} is not TOML: {why_not_toml(error)}; mend that line") from None
    return read_settings(table, str(place))


def read_settings(table: dict[str, Any], place: str) -> Settings:
    """*place* is what messages call the configuration. Raises SettingsError."""
    try:
        return Settings.model_validate(table)
    except ValidationError as error:
        raise SettingsError(f"{place}: {sentence_of(error, Settings)}") from None


def _first_repeated(names: Sequence[Any]) -> Any:
    return next((name for at, name in enumerate(names) if name in names[:at]), None)
