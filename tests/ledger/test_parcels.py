"""Parcels: what is taken out is what was put in, however the socket cut it."""

from collections.abc import Callable
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.call import Attribution, Entry, bare, without_names
from ledger.parcels import Prices, Reply, Unpacker, message_of, parcel_of
from tests.ledger.made_up import metered, opened, whole_call

PARCELS = [[opened(1), metered(opened(2))], [], [whole_call(3)]]
STREAM = b"".join(map(parcel_of, PARCELS))


@given(st.lists(st.integers(0, len(STREAM))))
def test_parcels_do_not_depend_on_where_the_socket_cuts_them(cuts: list[int]) -> None:
    unpacker = Unpacker(list[Entry])
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(edges)]
    assert [parcel for piece in pieces for parcel in unpacker.feed(piece)] == PARCELS


@pytest.mark.parametrize(
    ("odd", "left"),
    [
        (opened(1, request_model="\ud800"), without_names),
        (whole_call(1, who=Attribution(user="\ud800", key="k_1")), without_names),
        (metered(opened(1, http_status=2**70)), bare),
    ],
    ids=["open", "a name", "a number"],
)
def test_what_cannot_be_packed_is_left_out_of_its_entry_and_the_others_are_whole(
    odd: Entry, left: Callable[[Entry], Entry]
) -> None:
    (parcel,) = Unpacker(list[Entry]).feed(parcel_of([opened(0), odd, whole_call(2)]))
    assert parcel == [opened(0), left(odd), whole_call(2)]


def test_the_same_price_is_one_object_again() -> None:
    """The ledger knows prices by identity, and looks up every one that it does not know."""
    (parcel,) = Unpacker(list[Entry]).feed(parcel_of([whole_call(1), whole_call(2)]))
    assert parcel[0].price is not parcel[1].price
    prices = Prices()
    first, second = map(prices.shared, parcel)
    assert first.price is second.price is not None
    assert [first, second] == [whole_call(1), whole_call(2)]


def test_a_reply_comes_as_it_was_sent() -> None:
    reply = Reply(
        parcels=3, failure="no", problem=None, spool_problem="full", spooled=7, said=((40, "it fails"),)
    )
    assert Unpacker(Reply).feed(message_of(reply)) == [reply]
