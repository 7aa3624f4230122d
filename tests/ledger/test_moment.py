"""Spans of ids, for whatever instants people type."""

from ledger.asking import CallFilter
from tests.ledger.kept import Ledger
from tests.ledger.made_up import whole_call


def test_any_instant_may_be_asked_for(ledger: Ledger) -> None:
    """Ids begin in 1970 and end in the year 10889; addresses of pages have whatever people type."""
    ledger.store.write([whole_call(1)])
    for from_us, to_us in ((-(2**70), 2**70), (None, 2**64), (-1, None)):
        which = CallFilter(from_us=from_us, to_us=to_us)
        assert ledger.reader.calls_page(which).entries == (whole_call(1),)
    assert ledger.reader.calls_page(CallFilter(from_us=2**70)).entries == ()
    assert ledger.reader.calls_page(CallFilter(to_us=-5)).entries == ()
