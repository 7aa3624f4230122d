"""The share that metering takes, without a load being run."""

from bench.metering import MOST_SHARE, _row, _share
from bench.unmetered import _deaf
from proxy.dialects import openai_chat
from proxy.tap import StreamTap
from tests.proxy.bodies import ASKED_EVENTS


def test_the_share_is_the_median_of_the_rounds_own_ratios() -> None:
    """110/100, 330/300, 130/100: one slow round changes nothing, one slow target in a round little."""
    found = {"payback": [110.0, 330.0, 130.0], "unmetered": [100.0, 300.0, 100.0]}
    assert _share(found) == 1.1 < MOST_SHARE


def test_each_kind_of_answer_has_its_own_figure() -> None:
    assert _row("payback", [3.0, 1.0, 2.0], [0.5]) == {"target": "payback", "a call": 2.0, "an event": 0.5}


def test_the_relay_that_is_measured_against_listens_to_nothing() -> None:
    tap = StreamTap(_deaf(openai_chat.DIALECT), hide=False)
    passed = b"".join(map(tap.feed, ASKED_EVENTS)) + tap.finish()
    assert passed == b"".join(ASKED_EVENTS)
    assert (tap.learned.usage, tap.learned.model) == (None, None)
