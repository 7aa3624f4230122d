"""From a configuration to what handles calls: all of it, or an error before anything has changed."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from payback.budgeting import Budgeting
from payback.errors import SettingsError
from payback.forwarders import Forwarders
from payback.key_ring import KeyRing
from payback.metrics import Metrics
from payback.settings import read_settings
from payback.under_way import UnderWay
from proxy.distinct import DistinctNames
from proxy.forward import Lasting
from proxy.upstream_client import UpstreamClient


@pytest.fixture
async def client() -> AsyncIterator[UpstreamClient]:
    opened = UpstreamClient(connect_timeout_s=1, idle_timeout_s=1)
    yield opened
    await opened.close()


def forwarders(client: UpstreamClient, names: DistinctNames) -> Forwarders:
    return Forwarders(
        host="127.0.0.1",
        port=8300,
        writer=None,  # type: ignore[arg-type]  # nothing is written
        secret=b"of the ledger",
        calls=UnderWay(),
        lasting=Lasting(client),
        names=names,
        watch=Metrics(),
        ring=KeyRing(Path("/nowhere/payback.db.keys")),
        budgeting=Budgeting(Path("/nowhere/payback.db"), lambda: 0, lambda _: None),
    )


async def test_a_configuration_that_is_refused_has_taught_no_name(client: UpstreamClient) -> None:
    """Its workloads would take no room among the names of clients, and would not become other."""
    names = DistinctNames(most=0)
    rule = {"workload": [{"name": "nightly", "match": {"model": "*"}}]}
    unset = {"key": [{"name": "ci", "secret": {"env": "PAYBACK_TEST_UNSET"}}]}
    with pytest.raises(SettingsError, match="PAYBACK_TEST_UNSET"):
        forwarders(client, names).make(read_settings(rule | unset, "test"))
    assert names.of("workload", "nightly") == "other"
    forwarders(client, names).make(read_settings(rule, "test"))
    assert names.of("workload", "nightly") == "nightly"


async def test_an_upstream_that_is_payback_itself_is_refused_at_a_reload_too(client: UpstreamClient) -> None:
    itself = {"upstream": [{"name": "lab", "base_url": "http://127.0.0.1:8300/v1"}]}
    with pytest.raises(SettingsError, match="is payback itself"):
        forwarders(client, DistinctNames()).make(read_settings(itself, "test"))


async def test_a_budget_whose_spending_cannot_be_read_is_refused_and_nothing_has_changed(
    client: UpstreamClient,
) -> None:
    """There is no ledger at the path of forwarders()."""
    made = forwarders(client, DistinctNames())
    with pytest.raises(SettingsError, match="what budgets have spent cannot be read from the ledger"):
        made.make(read_settings({"budget": [{"name": "all", "usd": "1"}]}, "test"))
    assert made.budgeting.now() == []


class NoSums(Budgeting):
    """Of a ledger in which nothing was spent."""

    def _read(self, purses: object) -> None:
        pass


async def test_the_calls_of_a_budget_keep_their_name_however_many_names_there_are(
    client: UpstreamClient,
) -> None:
    """As other, they would cost the budget nothing."""
    names = DistinctNames(most=0)
    made = replace(forwarders(client, names), budgeting=NoSums(Path("/nowhere"), lambda: 0, lambda _: None))
    made.make(read_settings({"budget": [{"name": "a", "usd": "1", "of": {"user": "alice"}}]}, "test"))
    assert (names.of("user", "alice"), names.of("user", "bob")) == ("alice", "other")
