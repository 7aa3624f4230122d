"""What is written down, and when."""

from tests.seeded.mutant import Mutant

_COMMITS = "tests/proxy/test_commits.py"
_JOURNAL = "tests/ledger/test_journal.py"
_STORE = "tests/ledger/test_store.py"
MUTANTS = (
    Mutant(
        "no row is opened",
        "A call that a crash cuts off has left no trace.",
        "proxy/record.py",
        "await self._written(Entry(call=self._call, state=State.OPEN))",
        "self._call.call_id",
        (
            f"{_COMMITS}::test_the_row_is_there_when_upstream_sees_the_connection",
            f"{_COMMITS}::test_upstream_is_not_called_while_the_row_cannot_be_written",
        ),
    ),
    Mutant(
        "bytes go out before their row is on the disk",
        "A client has an answer that the ledger may never know of.",
        "proxy/record.py",
        "await self._books.writer.commit(entry)\n",
        "self._books.writer.post(entry)\n",
        (
            f"{_COMMITS}::test_the_event_that_carries_the_tokens_waits_for_the_ledger_and_those_before_it_do_not",
            f"{_COMMITS}::test_the_last_byte_of_a_document_waits_for_the_ledger",
        ),
    ),
    Mutant(
        "calls pass while nothing can be written down",
        "A full disk makes calls free of any record.",
        "proxy/record.py",
        "            if self._books.refuse_unrecordable:\n                self._books.watch.refused",
        "            if False:\n                self._books.watch.refused",
        (f"{_COMMITS}::test_a_call_that_can_be_written_down_nowhere_is_refused_and_never_made",),
    ),
    Mutant(
        "an answer goes on whose tokens cannot be written down",
        "What was answered in full is not in the ledger.",
        "proxy/record.py",
        "            if self._books.refuse_unrecordable:\n                raise\n",
        "            if False:\n                raise\n",
        (f"{_COMMITS}::test_an_answer_whose_tokens_can_be_written_down_nowhere_is_cut",),
    ),
    Mutant(
        "the last byte of a document does not wait",
        "A client has the whole of an answer whose end is not written down yet.",
        "proxy/relay.py",
        "data, self._last_byte = data[:-1], data[-1:]",
        'data, self._last_byte = data, b""',
        (f"{_COMMITS}::test_the_last_byte_of_a_document_waits_for_the_ledger",),
    ),
    Mutant(
        "a commit does not wait for the disk",
        "When the power goes, the last calls are gone.",
        "ledger/sqlite/connection.py",
        '"synchronous = FULL"',
        '"synchronous = NORMAL"',
        ("tests/ledger/test_connection.py::test_a_commit_waits_for_the_disk",),
    ),
    Mutant(
        "the spool is not synced",
        "What was confirmed while the ledger could not be written is gone when the power goes.",
        "ledger/spool.py",
        "                os.fsync(file)\n                if end == 0:",
        "                if end == 0:",
        (
            "tests/ledger/test_spool.py::test_an_entry_is_on_the_disk_when_it_was_appended_and_so_is_the_name_of_its_file",
        ),
    ),
    Mutant(
        "a replay doubles",
        "An entry that is in ledger and spool is counted twice.",
        "ledger/sqlite/store.py",
        "self._apply([(held.get(call_id), entry) for call_id, entry in latest.items()], items)",
        "self._apply([(None, entry) for call_id, entry in latest.items()], items)",
        (f"{_STORE}::test_an_entry_written_twice_counts_once",),
    ),
    Mutant(
        "the spool is never emptied",
        "Each start replays the same entries, and the spool grows.",
        "ledger/keeper.py",
        "    spool.clear()\n",
        "    spool.waiting\n",
        (
            "tests/ledger/test_writer.py::test_while_the_ledger_is_locked_the_spool_takes_entries_and_the_ledger_takes_them_over_after",
        ),
    ),
    Mutant(
        "the journal is not synced",
        "A power cut takes what clients were answered.",
        "ledger/journal.py",
        "        os.fdatasync(self._file)\n",
        "        os.fstat(self._file)\n",
        (f"{_JOURNAL}::test_each_append_is_synced_before_it_returns_and_so_is_the_name_of_the_file",),
    ),
    Mutant(
        "an earlier round of the journal is read too",
        "Entries that were carried over long ago come back at a start.",
        "ledger/journal.py",
        "round_ != first_round or ",
        "",
        (f"{_JOURNAL}::test_records_of_an_earlier_round_are_not_taken_for_more_of_this_one",),
    ),
    Mutant(
        "the journal is emptied before the ledger has what was in it",
        "A kill between the two loses calls that were answered.",
        "ledger/keeper.py",
        "        failure = self._kept(self._keep_waiting)\n        if failure is None:\n",
        "        failure = self._kept(self._keep_waiting)\n        if True:\n",
        (
            "tests/ledger/test_keeper.py::test_what_neither_ledger_nor_spool_take_waits_in_the_journal_and_no_more_is_let_in",
        ),
    ),
    Mutant(
        "rollups are not kept",
        "Reports say less than the rows.",
        "ledger/sqlite/store.py",
        "            self._summing.add(self._sums_of(moves))\n",
        "            self._sums_of(moves)\n",
        (f"{_STORE}::test_a_call_that_moves_on_is_one_row_and_counts_once",),
    ),
    Mutant(
        "what a call was counted as before stays counted",
        "Each step of a call adds its tokens to the reports once more.",
        "ledger/rollup.py",
        "            self._add(before, -1)\n",
        "            self._add(before, 0)\n",
        (f"{_STORE}::test_a_call_that_moves_on_is_one_row_and_counts_once",),
    ),
    Mutant(
        "an end is not final",
        "What comes late, or is replayed, takes the end of a call back.",
        "ledger/sqlite/store.py",
        "return earlier.state is not State.ENDED and entry.state >= earlier.state",
        "return entry.state >= State.OPEN",
        (f"{_STORE}::test_an_end_is_final",),
    ),
    Mutant(
        "calls that a crash left open stay open",
        "A report says for ever that they are under way.",
        "ledger/sqlite/store.py",
        "self._apply([(entry, interrupted(entry)) for entry in unfinished])",
        "self._apply([])",
        (f"{_STORE}::test_what_an_earlier_process_left_is_ended_as_interrupted",),
    ),
    Mutant(
        "a damaged day file is believed",
        "A projection is made of calls that nobody made.",
        "payback/day_file.py",
        " or whole[len(FORMAT) : start] != _checksum(rest)",
        "",
        ("tests/payback/test_day_file.py::test_a_damaged_file_is_never_read",),
    ),
    Mutant(
        "a damaged line of the spool ends the start",
        "One bad line keeps all others from the ledger.",
        "ledger/spool.py",
        "except (ValueError, AssertionError, RecursionError):",
        "except (AssertionError, RecursionError):",
        (
            "tests/ledger/test_spool.py::test_a_line_that_is_no_entry_does_not_block_the_others_and_is_not_thrown_away",
        ),
    ),
)
