"""From settings to the parts that work."""

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from multidict import CIMultiDict

from ledger.errors import LedgerError
from ledger.meter import Meter
from ledger.price import Price, Rate
from ledger.sqlite.names_lately import NamesLately
from payback.errors import SettingsError
from payback.price_sections import PriceSettings
from payback.settings import Settings, read_settings
from payback.wiring import (
    attributor,
    distinct_names,
    key_names,
    ledger_path,
    price_book,
    spool_path,
    upstreams,
    workload_rules,
)
from proxy.credential import label_of
from proxy.distinct import Dimension, DistinctNames
from proxy.upstream import Upstream
from proxy.workload_rule import FACTS

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)


def settings_with(**tables: Any) -> Settings:
    return read_settings(tables, "test")


def lab(**keys: Any) -> Upstream:
    """The one upstream of a configuration, as the proxy sees it."""
    entry = {"name": "lab", "base_url": "http://127.0.0.1:8000/v1", **keys}
    return upstreams(settings_with(upstream=[entry]), "127.0.0.1", 8300)[0]


def test_the_ledger_is_where_the_option_says_then_the_configuration() -> None:
    settings = settings_with(ledger={"url": "~/books.db"})
    assert ledger_path(settings, "other.db") == Path("other.db")
    assert ledger_path(settings, None) == Path("~/books.db").expanduser()


def test_a_ledger_in_an_engine_that_is_not_built_in_is_told() -> None:
    with pytest.raises(LedgerError, match="postgresql:// is not known to this version; give a path"):
        ledger_path(settings_with(ledger={"url": "postgresql://user:canary@host/db"}), None)


def test_the_spool_is_beside_the_ledger_unless_the_configuration_says_otherwise() -> None:
    assert spool_path(Settings(), Path("a/b.db")) == Path("a/b.db.spool")
    settings = settings_with(ledger={"spool": "~/spool"})
    assert spool_path(settings, Path("a/b.db")) == Path("~/spool").expanduser()


def test_the_built_in_upstreams_know_whose_prices_apply() -> None:
    known = {upstream.name: upstream for upstream in upstreams(Settings(), "127.0.0.1", 8300)}
    assert (known["openai"].provider, known["anthropic"].provider) == ("openai", "anthropic")
    assert known["google"].provider == "google"
    assert known["ollama"].self_hosted
    assert all(upstream.credential is None for upstream in known.values())


def test_a_provider_is_told_from_the_host_or_else_is_the_upstreams_name() -> None:
    assert lab(base_url="https://api.groq.com/openai/v1").provider == "groq"
    assert lab(base_url="https://gateway.example.com/v1").provider == "lab"
    assert lab(base_url="https://api.groq.com/openai/v1", provider="openai").provider == "openai"


@pytest.mark.parametrize(
    ("provider", "credential"),
    [
        ("openai", ("Authorization", "Bearer sk-lab")),
        ("anthropic", ("x-api-key", "sk-lab")),
        ("azure", ("api-key", "sk-lab")),
        ("google", ("x-goog-api-key", "sk-lab")),
    ],
)
def test_a_configured_key_goes_into_the_header_that_the_provider_reads(
    monkeypatch: pytest.MonkeyPatch, provider: str, credential: tuple[str, str]
) -> None:
    monkeypatch.setenv("LAB_KEY", "sk-lab")
    assert lab(provider=provider, api_key={"env": "LAB_KEY"}).credential == credential


def test_googles_api_that_is_openais_takes_a_configured_key_as_openai_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LAB_KEY", "sk-lab")
    base_url = "https://generativelanguage.googleapis.com/v1beta/openai/"
    google = lab(base_url=base_url, api_key={"env": "LAB_KEY"})
    assert (google.provider, google.credential) == ("google", ("Authorization", "Bearer sk-lab"))


def test_a_secret_that_is_not_there_is_told_with_its_upstream(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAB_KEY", raising=False)
    with pytest.raises(
        SettingsError, match=r"^upstream lab: api_key: the environment variable LAB_KEY is empty"
    ):
        lab(api_key={"env": "LAB_KEY"})


def test_usage_is_asked_for_unless_the_upstream_sends_it_anyway_or_the_configuration_says_no() -> None:
    assert lab().asks_for_usage
    assert not lab(include_usage=False).asks_for_usage
    assert not lab(provider="openrouter").asks_for_usage
    assert not lab(base_url="https://api.mistral.ai/v1").asks_for_usage
    assert lab(provider="openrouter", include_usage=True).asks_for_usage


@pytest.mark.parametrize(
    ("own_host", "base_url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8300/v1"),
        ("127.0.0.1", "http://localhost:8300"),
        ("::1", "http://[::1]:8300"),
        ("192.168.1.5", "http://192.168.1.5:8300/v1"),
    ],
)
def test_an_upstream_that_is_payback_itself_is_refused(own_host: str, base_url: str) -> None:
    """A call would go round and round until no connection is left."""
    settings = settings_with(upstream=[{"name": "lab", "base_url": base_url}])
    with pytest.raises(SettingsError, match="is payback itself"):
        upstreams(settings, own_host, 8300)
    assert upstreams(settings, own_host, 8301)


def test_a_stated_price_is_exact_and_holds_from_its_first_day() -> None:
    price = {
        "provider": "openai",
        "model": "my-model",
        "from": date(2026, 11, 1),
        "input_usd_per_mtok": "0.1",
    }
    book = price_book(settings_with(price=[price]))
    found = book.price_at("openai", ["my-model"], None, NOW)
    assert isinstance(found, Price)
    assert found.source == "configuration"
    rate = found.rate_of(Meter.INPUT)
    assert rate is not None
    assert (rate.usd, rate.per) == (Decimal("0.1"), 1_000_000)
    assert not isinstance(
        book.price_at("openai", ["my-model"], None, datetime(2026, 10, 31, tzinfo=UTC)), Price
    )


def test_every_rate_of_a_price_has_a_meter() -> None:
    """A key of the configuration that no meter reads would be a price that is never charged."""
    names = [field for field in PriceSettings.model_fields if "usd_per_" in field]
    price = {"provider": "p", "model": "m", **{name: str(number) for number, name in enumerate(names)}}
    found = price_book(settings_with(price=[price])).price_at("p", ["m"], None, NOW)
    assert isinstance(found, Price)
    assert {rate.meter for rate in found.rates} == set(Meter) - {Meter.REQUEST}
    assert {rate.usd for rate in found.rates} == set(range(len(names)))


def test_a_price_may_be_for_an_hour_or_a_thousand_pages() -> None:
    price = {"provider": "p", "model": "m", "usd_per_audio_hour": "0.36", "usd_per_1k_pages": "1"}
    found = price_book(settings_with(price=[price])).price_at("p", ["m"], None, NOW)
    assert isinstance(found, Price)
    assert found.rates == (
        Rate(Meter.AUDIO, Decimal("0.36"), 3_600_000), Rate(Meter.PAGE, Decimal(1), 1000)
    )  # fmt: skip


def test_an_alias_is_priced_as_the_model_that_it_stands_for() -> None:
    book = price_book(
        settings_with(alias=[{"model": "prod-*", "priced_as": "gpt-4o-mini", "provider": "openai"}])
    )
    found = book.price_at("openai", ["prod-chat"], None, NOW)
    assert isinstance(found, Price)
    assert found.model == "gpt-4o-mini"


def test_workload_rules_keep_their_order_and_all_their_patterns() -> None:
    match: dict[Any, str] = {fact: f"a-{fact}" for fact in FACTS}
    headers = {"X-Team": "search"}
    first = {"name": "first", "match": {**match, "header": {"x-team": "search*"}}}
    rules = workload_rules(settings_with(workload=[first, {"name": "rest", "match": {}}]))
    assert [rule.name for rule in rules] == ["first", "rest"]
    assert rules[0].matches(match, CIMultiDict(headers))
    assert not rules[0].matches(match, {})
    for fact in FACTS:
        assert not rules[0].matches({**match, fact: "b"}, CIMultiDict(headers)), fact
    assert rules[1].matches(dict.fromkeys(FACTS), {})


def keys(*names: str) -> Settings:
    """Keys whose secrets are in the environment, under their own names."""
    return settings_with(key=[{"name": name, "secret": {"env": name}} for name in names])


def test_a_key_of_the_configuration_is_known_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "sk-canary")
    named = attributor(keys("CI"), b"of this ledger", DistinctNames())
    assert named.of(CIMultiDict({"Authorization": "Bearer sk-canary"}), "/", None).key == "CI"
    assert named.of(CIMultiDict({"Authorization": "Bearer sk-other"}), "/", None).key == label_of(
        "sk-other", b"of this ledger"
    )
    assert key_names(keys("CI"), b"of this ledger") == {label_of("sk-canary", b"of this ledger"): "CI"}


def test_a_key_whose_secret_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(SettingsError) as raised:
        attributor(keys("CI"), b"", DistinctNames())
    assert str(raised.value) == (
        "key CI: secret: the environment variable CI is empty or not there;"
        " set it, or take key CI: secret out"
    )


def test_a_secret_that_has_two_names_is_told_without_repeating_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "sk-canary")
    monkeypatch.setenv("CD", "sk-canary")
    with pytest.raises(SettingsError) as raised:
        attributor(keys("CI", "CD"), b"", DistinctNames())
    assert str(raised.value) == "key CD: secret is that of key CI too; take one of the two out"


NOTHING_KNOWN = NamesLately(
    workloads=[],
    projects=[],
    users=[],
    keys=[],
    clients=[],
    models=[],
    response_models=[],
    http_requests=[],
    service_tiers=[],
)


def test_names_are_kept_apart_up_to_the_number_in_the_configuration() -> None:
    settings = settings_with(ledger={"max_names": 1})
    bounded = attributor(settings, b"", distinct_names(settings, NOTHING_KNOWN))
    assert [bounded.name_of("model", model) for model in ("a", "b")] == ["a", "other"]


def test_each_kind_of_name_that_the_ledger_knows_is_known_as_that_kind_and_no_other() -> None:
    kinds: dict[str, Dimension] = {
        "workloads": "workload",
        "projects": "project",
        "users": "user",
        "keys": "key",
        "clients": "client",
        "models": "model",
        "response_models": "answering model",
        "http_requests": "request",
        "service_tiers": "service tier",
    }
    known = replace(NOTHING_KNOWN, **{field: [f"known {field}"] for field in kinds})
    names = distinct_names(settings_with(ledger={"max_names": 1}), known)
    for field, kind in kinds.items():
        assert names.of(kind, f"known {field}") == f"known {field}"
        assert names.of(kind, "new") == "other"
