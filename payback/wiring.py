"""From settings to the parts that work: names become objects, references become secrets."""

from pathlib import Path

from ledger.catalogue import provider_of_url
from ledger.meter import Meter
from ledger.period import US_PER_HOUR
from ledger.price import Rate
from ledger.pricebook import Alias, Override, PriceBook
from ledger.sqlite.names_lately import NamesLately, names_lately
from payback import places
from payback.caller_sections import WorkloadSettings
from payback.errors import SettingsError
from payback.price_sections import PriceSettings
from payback.settings import Settings
from payback.upstream_section import UpstreamSettings
from proxy.attribution import Attributor
from proxy.credential import label_of
from proxy.distinct import DistinctNames
from proxy.upstream import Upstream, root_of
from proxy.workload_rule import FACTS, WorkloadRule

_SENDS_USAGE_UNASKED = frozenset({"mistral", "openrouter"})
"""Usage always comes, and Mistral refuses to be asked: https://docs.mistral.ai/api and
https://openrouter.ai/docs/use-cases/usage-accounting, read 2026-11-22."""
UNIT_KEYS = {
    "usd_per_image": Meter.IMAGES,
    "usd_per_audio_hour": Meter.AUDIO,
    "usd_per_mchar": Meter.CHARACTERS,
    "usd_per_1k_web_searches": Meter.WEB_SEARCH,
    "usd_per_1k_file_searches": Meter.FILE_SEARCH,
    "usd_per_1k_search_units": Meter.SEARCH_UNIT,
    "usd_per_1k_pages": Meter.PAGE,
}
"""What a price says of other things than tokens, for as many of them as the meter is quoted per."""
KNOWN_DAYS = 31
"""A name that no call has brought for so long makes room for another at the next start."""
_LOOPBACK_NAMES = frozenset({"127.0.0.1", "localhost", "::1"})
_KEY_HEADERS = {"anthropic": "x-api-key", "azure": "api-key", "google": "x-goog-api-key"}


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
    stated = {name: usd for name, usd in price if "usd_per_" in name and usd is not None}
    return Override(
        provider=price.provider,
        model=price.model,
        since=price.since,
        service_tier=price.service_tier,
        usd_per_mtok={
            Meter(name.removesuffix("_usd_per_mtok")): usd
            for name, usd in stated.items()
            if name.endswith("_usd_per_mtok")
        },
        unit_rates=tuple(
            Rate(meter, stated[name], meter.per) for name, meter in UNIT_KEYS.items() if name in stated
        ),
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
        failover=settings.failover,
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
    if provider == "google" and settings.base_url.rstrip("/").endswith("/openai"):
        header = "Authorization"  # as its documentation writes it for the API that is OpenAI's
    return header, f"Bearer {key}" if header == "Authorization" else key


def attributor(settings: Settings, secret: bytes, distinct: DistinctNames) -> Attributor:
    """*secret* is the ledger's; *distinct* are the names that were seen so far.

    Raises SettingsError where the secret of a [[key]] is not there."""
    return Attributor(
        workload_rules(settings),
        secret,
        key_names=key_names(settings, secret),
        distinct=distinct,
    )


def names_known(ledger: Path, now_us: int) -> NamesLately:
    """Those of the last KNOWN_DAYS. Raises LedgerError."""
    return names_lately(ledger, now_us - KNOWN_DAYS * 24 * US_PER_HOUR)


def distinct_names(settings: Settings, known: NamesLately) -> DistinctNames:
    """*known* are the ledger's."""
    names = DistinctNames(settings.ledger.max_names)
    names.recall("workload", known.workloads)
    names.recall("project", known.projects)
    names.recall("user", known.users)
    names.recall("key", known.keys)
    names.recall("client", known.clients)
    names.recall("model", known.models)
    names.recall("answering model", known.response_models)
    names.recall("request", known.http_requests)
    names.recall("service tier", known.service_tiers)
    return names


def key_names(settings: Settings, secret: bytes) -> dict[str, str]:
    """The names of keys by label. Raises SettingsError."""
    names: dict[str, str] = {}
    for key in settings.key:
        place = f"key {key.name}: secret"
        label = label_of(key.secret.read(place), secret)
        if label in names:
            raise SettingsError(f"{place} is that of key {names[label]} too; take one of the two out")
        names[label] = key.name
    return names


def workload_rules(settings: Settings) -> list[WorkloadRule]:
    return [_rule_of(workload) for workload in settings.workload]


def _rule_of(workload: WorkloadSettings) -> WorkloadRule:
    match = workload.match
    facts = {fact: pattern for fact in FACTS if (pattern := getattr(match, fact)) is not None}
    return WorkloadRule(name=workload.name, facts=facts, headers=match.header or {})
