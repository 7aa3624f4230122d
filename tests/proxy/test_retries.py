"""Attempts of one call are one call: a retry that is not linked looks like more traffic than there is."""

from collections.abc import Callable

import pytest

from ledger.ids import RANDOM_BYTES, CallId, call_id_at
from proxy.retries import COUNT_HEADER, KEY_HEADER, MOST_RETRIES, REMEMBERED_CALLS, REMEMBERED_S, Retries
from tests.proxy.bodies import CHAT, CHAT_REQUEST, chat_answer
from tests.proxy.client import call, post
from tests.proxy.running import Payback
from tests.proxy.upstream import Upstream

BODY = b'{"model":"m"}'


class Clock:
    def __init__(self) -> None:
        self.s = 0.0

    def __call__(self) -> float:
        return self.s


def call_id(number: int) -> CallId:
    return call_id_at(number * 1_000_000, bytes(RANDOM_BYTES))


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def attempt(clock: Clock) -> Callable[..., tuple[CallId, int]]:
    retries = Retries(clock)

    def of(number: int, count: str | None, name: str | None = None, **other: object) -> tuple[CallId, int]:
        said = {COUNT_HEADER: count, KEY_HEADER: name}
        headers = {header: value for header, value in said.items() if value is not None}
        facts = {"key": "key-1", "path": "/v1/chat/completions", "body": BODY, **other}
        return retries.of(headers, call_id(number), facts["key"], facts["path"], facts["body"])  # type: ignore[arg-type]

    return of


def test_attempts_of_one_call_share_the_first_ones_id(attempt: Callable[..., tuple[CallId, int]]) -> None:
    assert [attempt(1, "0"), attempt(2, "1"), attempt(3, "2")] == [(call_id(1), n) for n in range(3)]


def test_the_same_question_asked_again_is_a_call_of_its_own(
    attempt: Callable[..., tuple[CallId, int]],
) -> None:
    attempt(1, "0")
    assert attempt(2, "0") == (call_id(2), 0)
    assert attempt(3, "1") == (call_id(2), 1)


@pytest.mark.parametrize("other", [{"key": "key-2"}, {"path": "/v1/embeddings"}, {"body": b"{}"}])
def test_a_retry_of_something_else_is_not_taken_for_it(
    attempt: Callable[..., tuple[CallId, int]], other: dict[str, object]
) -> None:
    attempt(1, "0")
    assert attempt(2, "1", **other) == (call_id(2), 1)


def test_a_client_that_does_not_number_its_attempts_makes_calls(
    attempt: Callable[..., tuple[CallId, int]],
) -> None:
    attempt(1, "0")
    assert attempt(2, None) == (call_id(2), 0)


def test_attempts_under_one_idempotency_key_are_one_call(attempt: Callable[..., tuple[CallId, int]]) -> None:
    """The header is there to say just that; who repeats a request otherwise asks anew."""
    found = [attempt(number, None, "order-7") for number in (1, 2, 3)]
    assert found == [(call_id(1), 0), (call_id(1), 1), (call_id(1), 2)]
    assert attempt(4, None, "order-8") == (call_id(4), 0)
    assert attempt(5, None) == (call_id(5), 0)


@pytest.mark.parametrize("other", [{"key": "key-2"}, {"path": "/v1/embeddings"}, {"body": b"{}"}])
def test_an_idempotency_key_that_is_used_for_something_else_links_nothing(
    attempt: Callable[..., tuple[CallId, int]], other: dict[str, object]
) -> None:
    attempt(1, None, "always-the-same")
    assert attempt(2, None, "always-the-same", **other) == (call_id(2), 0)


def test_the_number_that_a_library_gives_goes_before_an_idempotency_key(
    attempt: Callable[..., tuple[CallId, int]],
) -> None:
    assert attempt(1, "0", "order-7") == (call_id(1), 0)
    assert attempt(2, "5", "order-7") == (call_id(1), 5)


def test_attempts_under_one_idempotency_key_are_counted_to_a_bound_and_not_for_ever(
    attempt: Callable[..., tuple[CallId, int]], clock: Clock
) -> None:
    for number in range(MOST_RETRIES + 2):
        last = attempt(number + 1, None, "order-7")
    assert last == (call_id(1), MOST_RETRIES)
    clock.s = REMEMBERED_S + 1
    assert attempt(9, None, "order-7") == (call_id(9), 0)


def test_a_body_that_streams_through_is_a_call_of_its_own(
    attempt: Callable[..., tuple[CallId, int]],
) -> None:
    attempt(1, "0", body=None)
    assert attempt(2, "1", body=None) == (call_id(2), 1)


def test_what_is_long_ago_is_not_repeated(attempt: Callable[..., tuple[CallId, int]], clock: Clock) -> None:
    attempt(1, "0")
    clock.s = REMEMBERED_S + 1
    assert attempt(2, "1") == (call_id(2), 1)


def test_what_is_remembered_is_bounded(attempt: Callable[..., tuple[CallId, int]]) -> None:
    attempt(1, "0")
    for number in range(REMEMBERED_CALLS):
        attempt(2, "0", body=b"%d" % number)
    assert attempt(3, "1") == (call_id(3), 1)


@pytest.mark.parametrize("count", ["", "-1", "x", "1.5", "٣", "9" * 400])
def test_a_count_that_is_none_counts_for_nothing(
    attempt: Callable[..., tuple[CallId, int]], count: str
) -> None:
    assert attempt(1, count) == (call_id(1), 0)


async def test_attempts_that_a_library_numbers_are_one_call(upstream: Upstream, payback: Payback) -> None:
    statuses = iter(["500 Oops", "200 OK"])
    json = ("Content-Type", "application/json")
    upstream.script = lambda visit: visit.answer(chat_answer(), json, status=next(statuses))
    for count in ("0", "1"):
        await call(payback.port, post(CHAT, CHAT_REQUEST, ("x-stainless-retry-count", count)))
    first, second = await payback.ended(2)
    assert [first.call.retry_number, second.call.retry_number] == [0, 1]
    assert first.call.call_id == first.call.logical_call_id == second.call.logical_call_id
    assert second.call.call_id != first.call.call_id


async def test_attempts_of_an_app_that_names_its_call_are_one_call(
    upstream: Upstream, payback: Payback
) -> None:
    json = ("Content-Type", "application/json")
    upstream.script = lambda visit: visit.answer(chat_answer(), json, status="500 Oops")
    for _ in range(2):
        await call(payback.port, post(CHAT, CHAT_REQUEST, ("Idempotency-Key", "order-7")))
    first, second = await payback.ended(2)
    assert [first.call.retry_number, second.call.retry_number] == [0, 1]
    assert first.call.call_id == first.call.logical_call_id == second.call.logical_call_id
