"""However many names clients make up, a ledger learns only so many."""

import logging

import pytest

from proxy.distinct import DistinctNames


def test_names_beyond_the_bound_are_other_and_those_before_it_stay() -> None:
    distinct = DistinctNames(2)
    assert [distinct.of("user", name) for name in ("ana", "ben", "ana", "eve", "ben", "ida", "ana")] == [
        "ana", "ben", "ana", "other", "ben", "other", "ana",
    ]  # fmt: skip


def test_each_kind_of_name_has_room_of_its_own() -> None:
    distinct = DistinctNames(1)
    assert [distinct.of("user", "ana"), distinct.of("project", "shop"), distinct.of("model", "m")] == [
        "ana", "shop", "m",
    ]  # fmt: skip
    assert distinct.of("project", "ana") == "other"


def test_names_of_the_configuration_take_no_room_and_come_in_when_it_is_full() -> None:
    distinct = DistinctNames(1)
    distinct.admit("workload", ["support-bot", "search"])
    told = [distinct.of("workload", name) for name in ("made-up", "support-bot", "search", "made-up-2")]
    assert told == ["made-up", "support-bot", "search", "other"]


def test_recalled_names_take_the_room_that_there_is_and_the_first_of_them_have_it() -> None:
    distinct = DistinctNames(2)
    distinct.recall("user", ["ana", "other", "ana", "ben", "eve"])
    assert [distinct.of("user", name) for name in ("eve", "ana", "ben", "ida")] == [
        "other", "ana", "ben", "other",
    ]  # fmt: skip
    assert distinct.of("project", "ida") == "ida"


def test_more_recalled_names_than_there_is_room_for_are_told_of_when_a_new_one_comes(
    caplog: pytest.LogCaptureFixture,
) -> None:
    distinct = DistinctNames(1)
    distinct.recall("user", ["ana", "ben"])
    assert caplog.messages == []
    distinct.of("user", "ben")
    assert len(caplog.messages) == 1


def test_no_name_and_the_name_other_take_no_room() -> None:
    distinct = DistinctNames(1)
    assert [distinct.of("key", name) for name in (None, "other", "key-1")] == [None, "other", "key-1"]


def test_the_first_name_that_is_refused_is_told_once_for_each_kind(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.WARNING)
    distinct = DistinctNames(1)
    for name in ("canary-a", "canary-a"):
        distinct.of("user", name)
    assert caplog.messages == []
    for number in range(10):
        distinct.of("user", f"canary-{number}")
        distinct.of("key", f"canary-{number}")
    assert caplog.messages == [
        "1 names of the kind user have come, as many as are kept apart; new ones are written as other",
        "1 names of the kind key have come, as many as are kept apart; new ones are written as other",
    ]
