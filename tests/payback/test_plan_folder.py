"""Named plans as files: who may read them, how many there may be, and that no name leads elsewhere."""

import stat
from pathlib import Path

import pytest

from payback.plan_folder import PlanFolder
from payback.projecting import read_plan
from web.plan_query import read_query
from web.plan_shelf import MOST_BYTES, MOST_PLANS, BadName, NameTaken, NoSuchPlan, ShelfError, ShelfFull
from web.plan_toml import toml_of_plan


@pytest.fixture
def ledger(tmp_path: Path) -> Path:
    return tmp_path / "payback.db"


def test_a_saved_plan_is_a_file_that_the_command_takes(ledger: Path) -> None:
    stated = [
        ("pue", "1.2"),
        ("must_stay_in_house", "on"),
        ("hardware", "RTX 4090"),
        ("horizon_months", "24"),
    ]
    PlanFolder(ledger).save("cheap-power", toml_of_plan(read_query(stated).plan, "cheap-power.toml"))
    plan = read_plan(ledger.parent / "payback.db.plans" / "cheap-power.toml")
    assert (plan.horizon_months, plan.constraints.must_stay_in_house) == (24, True)
    assert plan.assumptions.value_of("pue") == 1.2
    assert [each.hardware for each in plan.wanted] == ["RTX 4090"]


def test_nobody_but_the_owner_reads_a_plan(ledger: Path) -> None:
    PlanFolder(ledger).save("a", "horizon_months = 12\n")
    folder = ledger.parent / "payback.db.plans"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "a.toml").stat().st_mode) == 0o600


def test_plans_are_listed_read_and_deleted_by_name(ledger: Path) -> None:
    folder = PlanFolder(ledger)
    assert folder.names() == ()
    for name in ("b", "a"):
        folder.save(name, f"# {name}\n")
    assert list(folder.names()) == ["a", "b"]
    assert folder.read("b") == "# b\n"
    folder.delete("b")
    assert list(folder.names()) == ["a"]
    for gone in (folder.read, folder.delete):
        with pytest.raises(NoSuchPlan, match='no plan "b"'):
            gone("b")


@pytest.mark.parametrize(
    "name",
    ["", "..", "../x", "a/b", "/etc/passwd", ".a", "-a", "a.toml", "a b", "ä", "a\n", "a\x00", "x" * 49],
)
def test_a_name_that_could_lead_elsewhere_is_none(ledger: Path, name: str) -> None:
    folder = PlanFolder(ledger)
    for use in (folder.read, folder.delete, lambda name: folder.save(name, "")):
        with pytest.raises(BadName, match="letters from a to z"):
            use(name)
    assert list(ledger.parent.iterdir()) == []


def test_a_plan_is_not_overwritten_not_even_where_capitals_do_not_count(ledger: Path) -> None:
    folder = PlanFolder(ledger)
    folder.save("power", "# first\n")
    with pytest.raises(NameTaken, match="already"):
        folder.save("Power", "# second\n")
    assert folder.read("power") == "# first\n"


def test_there_are_only_so_many(ledger: Path) -> None:
    folder = PlanFolder(ledger)
    folder.save("one", "")
    for number in range(MOST_PLANS - 1):
        (ledger.parent / "payback.db.plans" / f"p{number}.toml").touch()
    with pytest.raises(ShelfFull, match=f"{MOST_PLANS} plans"):
        folder.save("one-more", "")


def test_what_lies_there_and_is_no_plan_is_not_listed_and_nothing_large_is_read(ledger: Path) -> None:
    folder = PlanFolder(ledger)
    folder.save("large", "#" * (MOST_BYTES + 1))
    place = ledger.parent / "payback.db.plans"
    (place / "notes.txt").touch()
    (place / ".hidden.toml").touch()
    (place / "folder.toml").mkdir()
    (place / "link.toml").symlink_to("/etc/passwd")
    assert list(folder.names()) == ["large"]
    with pytest.raises(ShelfError, match="longer than"):
        folder.read("large")


def test_a_folder_that_cannot_be_used_is_one_sentence(ledger: Path) -> None:
    (ledger.parent / "payback.db.plans").touch()
    with pytest.raises(ShelfError, match=r"payback\.db\.plans cannot be used: Not a directory"):
        PlanFolder(ledger).names()
