"""What the process that projects answers, asked in this one."""

from datetime import UTC, date, datetime
from pathlib import Path

from ledger.period import Period
from ledger.pricebook import PriceBook
from ledger.sqlite.store import open_store
from payback.desk_answers import KEPT_FOR_BRIEF_S, KEPT_S, ReadLedger, answered
from payback.desk_messages import BAD_PLAN, FAILED, NOTHING, Setup
from tests.payback.test_desk import STATED


def asked(ledger: Path, plan: object) -> dict[str, object]:
    setup = Setup(ledger=ledger, book=PriceBook())
    return answered(plan, setup, ReadLedger(setup))


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


def test_a_brief_answer_does_not_wait_for_the_ledger_to_be_read_again_and_a_whole_one_is_of_now(
    tmp_path: Path,
) -> None:
    path = tmp_path / "payback.db"
    open_store(path).close()
    ledger, now = ReadLedger(Setup(ledger=path, book=PriceBook())), datetime(2026, 11, 22, tzinfo=UTC)
    period = Period(date(2026, 11, 1), date(2026, 11, 22))
    first, grounds = ledger.traffics(period, now), ledger.grounds
    assert ledger.traffics(period, now) is first
    ledger._read_at_s -= KEPT_S
    assert ledger.traffics(period, now, is_brief=True) is first
    assert ledger.grounds is grounds
    second = ledger.traffics(period, now)
    assert second is not first
    assert ledger.grounds is not grounds
    ledger._read_at_s -= KEPT_FOR_BRIEF_S
    assert ledger.traffics(period, now, is_brief=True) is not second
