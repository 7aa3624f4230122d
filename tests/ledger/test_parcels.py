"""Parcels: what is taken out is what was put in, however the socket cut it."""

from collections.abc import Callable
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ledger.call import Attribution, Entry, bare, without_names
from ledger.parcels import Packer, ParcelReader, Reply, Unpacker, message_of
from ledger.price import fingerprint_of
from tests.ledger.made_up import metered, opened, whole_call

PARCELS = [[opened(1), metered(opened(2))], [], [whole_call(3)]]
STREAM = b"".join(map(Packer().parcel_of, PARCELS))


@given(st.lists(st.integers(0, len(STREAM))))
def test_parcels_do_not_depend_on_where_the_socket_cuts_them(cuts: list[int]) -> None:
    reader = ParcelReader()
    edges = [0, *sorted(cuts), len(STREAM)]
    pieces = [STREAM[start:end] for start, end in pairwise(edges)]
    assert [parcel for piece in pieces for parcel in reader.feed(piece)] == PARCELS


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
    (parcel,) = ParcelReader().feed(Packer().parcel_of([opened(0), odd, whole_call(2)]))
    assert parcel == [opened(0), left(odd), whole_call(2)]


def test_the_same_price_is_one_object_again_and_is_sent_with_its_fingerprint() -> None:
    """The ledger knows prices by identity, and looks up every one that it does not know."""
    packer, reader = Packer(), ParcelReader()
    parcels = [packer.parcel_of([whole_call(1), whole_call(2)]), packer.parcel_of([whole_call(3)])]
    prices = [entry.price for parcel in reader.feed(b"".join(parcels)) for entry in parcel]
    assert prices[0] is not None
    assert prices[0] is prices[1] is prices[2] is not whole_call(1).price
    assert reader._fingerprints == {id(prices[0]): fingerprint_of(prices[0])}


def test_a_price_stands_once_in_a_parcel() -> None:
    """The journal keeps parcels as they come: what is in them is on the disk before an answer goes on."""
    parcel, price = Packer().parcel_of([whole_call(1), whole_call(2)]), whole_call(1).price
    assert price is not None
    assert parcel.count(price.source.encode()) == 1


def test_an_entry_whose_price_is_not_in_its_parcel_is_refused() -> None:
    prices, entries = msgspec.msgpack.decode(Packer().parcel_of([whole_call(1)])[4:])
    for body in ([[], entries], [prices, [[*entries[0][:4], -1, *entries[0][5:]]]]):
        packed = msgspec.msgpack.encode(body)
        with pytest.raises(ValueError, match="price that is not there"):
            ParcelReader().feed(len(packed).to_bytes(4, "big") + packed)


def test_prices_are_forgotten_before_they_fill_the_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ledger.parcels._REMEMBERED", 2)
    packer, reader = Packer(), ParcelReader()
    for number in range(9):
        entry = whole_call(number)
        assert entry.price is not None
        entry = replace(entry, price=replace(entry.price, model=f"model-{number}"))
        (parcel,) = reader.feed(packer.parcel_of([entry]))
        assert parcel == [entry]
        assert parcel[0].price is not None
        assert reader.fingerprint_of(parcel[0].price) == fingerprint_of(parcel[0].price)
        assert len(packer._prices) <= 2
        assert len(reader._prices) == len(reader._fingerprints) <= 2


def test_a_reply_comes_as_it_was_sent() -> None:
    reply = Reply(
        parcels=3, failure="no", problem=None, spool_problem="full", spooled=7, said=((40, "it fails"),)
    )
    assert Unpacker(Reply).feed(message_of(reply)) == [reply]
