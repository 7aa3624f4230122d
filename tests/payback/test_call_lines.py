from ledger.call import Attribution, Entry, Outcome, State
from payback.call_lines import render_calls
from tests.payback.books import call_at, entry_at


def test_a_line_has_what_the_call_was_and_what_it_cost() -> None:
    who = Attribution(workload="support-bot")
    entry = entry_at("2026-10-05T00:00:00", who=who, ended_us=None)
    (line,) = render_calls([entry]).splitlines()[3:]
    assert line.split() == [
        "2026-10-05", "00:00:00", "small-model", "support-bot", "ok", "-", "1,000", "100", "0.0045"
    ]  # fmt: skip


def test_what_has_no_cost_says_why_and_never_zero() -> None:
    entries = [
        entry_at("2026-10-05T00:00:00", request_model="other-model"),
        entry_at("2026-10-05T00:00:00", self_hosted=True),
        Entry(call=call_at("2026-10-05T00:00:00", outcome=None, usage=None), state=State.OPEN),
    ]
    ends = [line.rstrip().rpartition("  ")[2] for line in render_calls(entries).splitlines()[3:]]
    assert ends == ["unpriced", "self-hosted", "-"]


def test_a_call_under_way_says_so_and_a_failed_one_how() -> None:
    text = render_calls(
        [
            Entry(call=call_at("2026-10-05T00:00:00", outcome=None, usage=None), state=State.OPEN),
            entry_at("2026-10-05T00:00:00", outcome=Outcome.UPSTREAM_ERROR, usage=None),
        ]
    )
    assert "under way" in text
    assert "upstream error" in text


def test_a_name_cannot_steer_the_terminal() -> None:
    text = render_calls([entry_at("2026-10-05T00:00:00", request_model="\x1b[2J" + "n" * 300)])
    assert "\x1b" not in text
    assert max(map(len, text.splitlines())) < 140


def test_without_calls_it_says_so() -> None:
    assert render_calls([]) == "No calls yet."
