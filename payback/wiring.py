"""From settings to the parts that work: names become objects, references become secrets."""

from pathlib import Path

from ledger.meter import Meter
from ledger.pricebook import Alias, Override, PriceBook, provider_of_url
from payback import places
from payback.errors import SettingsError
from payback.sections import PriceSettings, UpstreamSettings
from payback.settings import Settings
from proxy.attribution import WorkloadRule
from proxy.upstream import Upstream, root_of

_SENDS_USAGE_UNASKED = frozenset({"openrouter"})
"""Usage always comes: https://openrouter.ai/docs/use-cases/usage-accounting, read 2026-11-22."""
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_KEY_HEADERS = {"anthropic": "x-api-key", "azure": "api-key"}


def ledger_path(settings: Settings, override: str | None) -> Path:
    """The --ledger option, or the configuration's, or payback.db in the platform's data folder."""
    return places.ledger_at(override or settings.ledger.url)


def spool_path(settings: Settings, ledger: Path) -> Path:
    """The configuration's, or the one beside *ledger*."""
    spool = settings.ledger.spool
    return spool.expanduser() if spool else ledger.with_name(f"{ledger.name}.spool")


def price_book(settings: Settings) -> PriceBook:
    return PriceBook(
        overrides=[_override_of(price) for price in settings.price],
        aliases=[
            Alias(model=alias.model, priced_as=alias.priced_as, provider=alias.provider, since=alias.since)
            for alias in settings.alias
        ],
    )


def _override_of(price: PriceSettings) -> Override:
    rates = {
        Meter(name.removesuffix("_usd_per_mtok")): usd
        for name, usd in price
        if name.endswith("_usd_per_mtok") and usd is not None
    }
    return Override(
        provider=price.provider,
        model=price.model,
        since=price.since,
        service_tier=price.service_tier,
        usd_per_mtok=rates,
    )


def upstreams(settings: Settings, own_host: str, own_port: int) -> list[Upstream]:
    """Raises SettingsError where an upstream is payback itself, or its secret is not there."""
    own_hosts = _LOOPBACK_NAMES | {own_host}
    for upstream in settings.upstreams():
        root = root_of(upstream.base_url)
        if root.port == own_port and root.host in own_hosts:
            raise SettingsError(
                f"upstream {upstream.name}: {upstream.base_url} is payback itself; write its server's address"
            )
    return [_upstream_of(upstream) for upstream in settings.upstreams()]


def _upstream_of(settings: UpstreamSettings) -> Upstream:
    provider = settings.provider or _provider_of(settings)
    asks = settings.include_usage
    return Upstream(
        name=settings.name,
        root=root_of(settings.base_url),
        models=settings.models,
        provider=provider,
        self_hosted=settings.self_hosted,
        credential=_credential_of(settings, provider),
        asks_for_usage=provider not in _SENDS_USAGE_UNASKED if asks is None else asks,
    )


def _provider_of(settings: UpstreamSettings) -> str:
    """From the host where the catalogue knows it; else prices may be given under the upstream's name."""
    known = provider_of_url(settings.base_url) if settings.base_url.startswith("https://") else None
    return known or settings.name


def _credential_of(settings: UpstreamSettings, provider: str) -> tuple[str, str] | None:
    if settings.api_key is None:
        return None
    key = settings.api_key.read(f"upstream {settings.name}: api_key")
    header = _KEY_HEADERS.get(provider, "Authorization")
    return header, f"Bearer {key}" if header == "Authorization" else key


def workload_rules(settings: Settings) -> list[WorkloadRule]:
    return [WorkloadRule(name=workload.name, **dict(workload.match)) for workload in settings.workload]
