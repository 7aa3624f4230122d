"""What the process that projects answers, asked in this one."""

from pathlib import Path

from ledger.pricebook import PriceBook
from ledger.sqlite.store import open_store
from payback.desk_child import _Ledger, answered
from payback.desk_messages import BAD_PLAN, FAILED, NOTHING, Setup
from tests.payback.test_desk import STATED


def asked(ledger: Path, plan: object) -> dict[str, object]:
    setup = Setup(ledger=ledger, book=PriceBook())
    return answered(plan, setup, _Ledger(setup))


def test_a_stated_volume_needs_no_ledger(tmp_path: Path) -> None:
    assert "answer" in asked(tmp_path / "there-is-none.db", STATED)


def test_each_way_to_have_no_answer_has_its_name_and_a_sentence(tmp_path: Path) -> None:
    ledger = tmp_path / "payback.db"
    open_store(ledger).close()
    assert asked(ledger, {})["failed"] == NOTHING
    assert asked(ledger, {"workload": "gone"})["failed"] == NOTHING
    assert asked(ledger, {"seed": "eight"})["failed"] == BAD_PLAN
    assert (
        asked(ledger, STATED | {"workload": "x", "course": [{"hardware": "RTX 9999"}]})["failed"] == BAD_PLAN
    )
    unreadable = tmp_path / "no.db"
    unreadable.write_text("no ledger")
    told = asked(unreadable, {})
    assert told["failed"] == FAILED
    assert "no.db" in str(told["sentence"])
