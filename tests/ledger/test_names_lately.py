"""What was named lately: of each kind, the latest first, at the same cost whatever the size of the ledger."""

from pathlib import Path

import pytest

from ledger.call import Attribution, Entry
from ledger.errors import LedgerError
from ledger.period import US_PER_HOUR
from ledger.sqlite.names_lately import NamesLately, names_lately
from ledger.sqlite.store import open_store
from tests.ledger.made_up import START_US, called_at


def lately(path: Path, *entries: Entry, from_hour: int = 0, most_rows: int = 100) -> NamesLately:
    store = open_store(path)
    store.write(entries)
    store.close()
    return names_lately(path, START_US + from_hour * US_PER_HOUR, most_rows)


def by(user: str) -> Attribution:
    return Attribution(user=user)


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "payback.db"


def test_each_kind_of_name_is_told_as_that_kind(ledger: Path) -> None:
    who = Attribution(workload="bot", project="shop", user="ana", key="key-1", client="curl")
    named = called_at(0, who=who, request_model="gpt", response_model="gpt-1", service_tier="flex")
    other = called_at(0, 1, request_model=None, operation="other", http_request="GET /v1/models")
    assert lately(ledger, named, other) == NamesLately(
        workloads=["bot"],
        projects=["shop"],
        users=["ana"],
        keys=["key-1"],
        clients=["curl"],
        models=["gpt"],
        response_models=["gpt-1"],
        http_requests=["GET /v1/models"],
        service_tiers=["flex"],
    )


def test_the_latest_come_first_and_each_once(ledger: Path) -> None:
    users = [(0, "ana"), (1, "ben"), (2, "eve"), (3, "ana")]
    entries = [called_at(hour, who=by(user), response_model=f"of {user}") for hour, user in users]
    found = lately(ledger, *entries)
    assert found.users == ["ana", "eve", "ben"]
    assert found.response_models == ["of ana", "of eve", "of ben"]


def test_names_of_long_ago_are_not_told(ledger: Path) -> None:
    entries = [called_at(hour, who=by(user), response_model=user) for hour, user in ((0, "ana"), (5, "ben"))]
    found = lately(ledger, *entries, from_hour=5)
    assert (found.users, found.response_models) == (["ben"], ["ben"])


def test_no_more_rows_are_read_than_is_said(ledger: Path) -> None:
    entries = [called_at(hour, who=by(f"user {hour}"), response_model=f"model {hour}") for hour in range(5)]
    found = lately(ledger, *entries, most_rows=2)
    assert found.users == ["user 4", "user 3"]
    assert found.response_models == ["model 4", "model 3"]


def test_an_empty_ledger_knows_no_names(ledger: Path) -> None:
    assert lately(ledger).users == []
    assert lately(ledger).response_models == []


def test_no_ledger_is_told(ledger: Path) -> None:
    with pytest.raises(LedgerError, match="there is no ledger at"):
        names_lately(ledger, 0)
