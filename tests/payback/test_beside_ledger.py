"""What a copy of the ledger has beside it: clients' keys and named plans, whole and private, or nothing."""

import json
import stat
from pathlib import Path

import pytest

from ledger.errors import BackupRefused
from payback.beside_ledger import copied_beside
from payback.key_file import read_keys
from payback.plan_folder import PlanFolder
from tests.payback.books import entry_at, finished, keep, payback
from tests.proxy.issued import issue

PLAN = "months = 36\n"


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    ledger = keep(tmp_path / "payback.db", entry_at("2026-11-22T11:00:00"))
    issue(tmp_path, "ci", "desk")
    PlanFolder(ledger).save("two-cards", PLAN)
    return ledger


def backed_up(*argv: str | Path, cwd: Path) -> tuple[int, str, str]:
    return finished(payback("backup", *map(str, argv), cwd=cwd))


def test_keys_and_plans_are_beside_the_copy_for_its_owner_alone(ledger: Path, tmp_path: Path) -> None:
    """Without its keys a ledger that is put back lets everybody in, or nobody."""
    status, out, err = backed_up("copy.db", "--ledger", ledger, cwd=tmp_path)
    assert (status, err) == (0, "")
    assert out.splitlines()[1:] == [
        "keys of clients stand beside it: copy.db.keys; one that is revoked later holds in them",
        "1 named plan stands beside it: copy.db.plans",
    ]
    keys, plans = tmp_path / "copy.db.keys", tmp_path / "copy.db.plans"
    assert read_keys(keys) == read_keys(tmp_path / "payback.db.keys")
    assert PlanFolder(tmp_path / "copy.db").read("two-cards") == PLAN
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in (keys, plans, *plans.iterdir())}
    assert modes == {"copy.db.keys": 0o600, "copy.db.plans": 0o700, "two-cards.toml": 0o600}


def test_keys_that_the_configuration_keeps_elsewhere_are_copied_too(tmp_path: Path) -> None:
    ledger = keep(tmp_path / "payback.db", entry_at("2026-11-22T11:00:00"))
    (tmp_path / "secret").mkdir()
    issue(tmp_path / "secret", "ci")
    elsewhere = tmp_path / "secret" / "payback.db.keys"
    (tmp_path / "payback.toml").write_text(f'[proxy]\nkeys = "{elsewhere}"\n')
    options = ("copy.db", "--ledger", ledger, "--config", "payback.toml", "--json")
    told = json.loads(backed_up(*options, cwd=tmp_path)[1])
    assert (told["keys"], told["plans"]) == ("copy.db.keys", None)
    assert (tmp_path / "copy.db.keys").read_bytes() == elsewhere.read_bytes()


def test_where_there_are_none_nothing_is_said_and_nothing_made(tmp_path: Path) -> None:
    ledger = keep(tmp_path / "payback.db", entry_at("2026-11-22T11:00:00"))
    assert len(backed_up("copy.db", "--ledger", ledger, cwd=tmp_path)[1].splitlines()) == 1
    assert not [path for path in tmp_path.iterdir() if path.name.startswith("copy.db.")]


@pytest.mark.parametrize("ending", ["keys", "plans"])
def test_nothing_is_written_over_and_nothing_is_left_of_a_copy_that_is_refused(
    ending: str, ledger: Path, tmp_path: Path
) -> None:
    (tmp_path / f"copy.db.{ending}").write_text("mine")
    status, _, err = backed_up("copy.db", "--ledger", ledger, cwd=tmp_path)
    assert (status, err.partition(";")[0]) == (2, f"payback: copy.db.{ending} is there already")
    assert [path.name for path in tmp_path.iterdir() if "copy.db" in path.name] == [f"copy.db.{ending}"]
    assert (tmp_path / f"copy.db.{ending}").read_text() == "mine"


def test_a_ledger_that_cannot_be_copied_leaves_no_keys_and_plans_behind(ledger: Path, tmp_path: Path) -> None:
    ledger.write_bytes(b"no ledger" * 1000)
    assert backed_up("copy.db", "--ledger", ledger, cwd=tmp_path)[0] == 2
    assert not [path for path in tmp_path.iterdir() if "copy.db" in path.name]


def test_what_cannot_be_read_is_told_and_no_half_copy_is_made(ledger: Path, tmp_path: Path) -> None:
    (tmp_path / "payback.db.plans" / "long.toml").write_bytes(b"#" * (1 << 21))
    copy, folder = tmp_path / "copy.db", tmp_path / "a folder"
    with pytest.raises(BackupRefused, match="the plan long is longer than"):
        copied_beside(tmp_path / "payback.db.keys", ledger, copy).__enter__()
    folder.mkdir()
    with pytest.raises(BackupRefused, match="cannot read the keys of clients"):
        copied_beside(folder, ledger, copy).__enter__()
    assert not [path for path in tmp_path.iterdir() if "copy.db" in path.name]
