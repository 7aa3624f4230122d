"""What is wrong is found, once for each fault, and found again by its number."""

import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fuzz import campaign as campaigns
from tests.fuzz.campaign import campaign, fed_at
from tests.fuzz.cutting import cut, no_complaints
from tests.fuzz.target import Check, Fed, Seed, Target

SEEDS = [Seed("a", b"123456"), Seed("b", b'{"a":1}')]


def target_of(check: Check, at_the_end: bool = False) -> Target:
    @contextmanager
    def open_(_: Path) -> Iterator[Check]:
        yield check
        assert not at_the_end, "it has not held together"

    return Target(name="made-up", promise="none", seeds=lambda: SEEDS, open=open_, small_runs=1)


def test_two_faults_are_two_findings_however_often_they_are_met(tmp_path: Path) -> None:
    def check(fed: Fed) -> None:
        if len(fed.data) % 3 == 0:
            raise ValueError("by three")
        if b"1" not in fed.data:
            raise RecursionError

    found = campaign(target_of(check), 1, tmp_path, runs=range(300))
    assert found.runs == 300
    assert sorted(finding.place.partition(" ")[0] for finding in found.findings) == [
        "RecursionError",
        "ValueError",
    ]


def test_a_finding_tells_how_to_see_it_again_and_that_is_so(tmp_path: Path) -> None:
    def check(fed: Fed) -> None:
        assert len(fed.data) < 2000

    target = target_of(check)
    (finding,) = campaign(target, 7, tmp_path, runs=range(3000)).findings
    assert f"--target made-up --seed 7 --run {finding.run}" in finding.told(target, 7)
    assert finding.run is not None
    assert finding.fed is not None
    assert fed_at(target, SEEDS, 7, finding.run)[:2] == finding.fed[:2]
    again = campaign(target, 7, tmp_path, runs=[finding.run])
    assert [each.place for each in again.findings] == [finding.place]


def test_what_the_end_shows_is_a_finding_and_so_is_an_input_that_takes_too_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_the_end = campaign(target_of(lambda _: None, at_the_end=True), 1, tmp_path, runs=range(3))
    assert "made-up: at the end" in at_the_end.findings[0].told(target_of(lambda _: None), 1)
    monkeypatch.setattr(campaigns, "SLOWEST_CPU_S", -1.0)
    slow = campaign(target_of(lambda _: None), 1, tmp_path, runs=range(3))
    assert [finding.place.partition(" ")[0] for finding in slow.findings] == ["TooSlow"]


def test_a_campaign_ends_when_its_time_is_over(tmp_path: Path) -> None:
    started_s = time.monotonic()
    assert campaign(target_of(lambda _: None), 1, tmp_path, seconds=0.05).runs > 1
    assert time.monotonic() - started_s < 5


def test_pieces_are_the_bytes_and_complaints_are_told(caplog: pytest.LogCaptureFixture) -> None:
    fed = fed_at(target_of(lambda _: None), SEEDS, 1, 1)
    assert all(b"".join(cut(b"0123456789" * 30, fed.chance)) == b"0123456789" * 30 for _ in range(50))
    with pytest.raises(AssertionError, match="it hurts"), no_complaints():
        logging.getLogger("somebody").error("it hurts")
