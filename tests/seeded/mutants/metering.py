"""What is read of an answer, and within which bounds."""

from tests.seeded.mutant import Mutant

_TAP = "tests/proxy/test_tap.py"
MUTANTS = (
    Mutant(
        "usage is added up",
        "A stream that tells its tokens as they grow is charged many times over.",
        "proxy/learned.py",
        "usage=None if is_unbilled else reading.usage or self.usage,",
        "usage=None if is_unbilled else reading.usage and self.usage and type(reading.usage)("
        "input_tokens=reading.usage.input_tokens + self.usage.input_tokens,"
        "output_tokens=reading.usage.output_tokens + self.usage.output_tokens"
        ") or reading.usage or self.usage,",
        (f"{_TAP}::test_usage_that_grows_with_every_event_is_replaced_and_never_added_up",),
    ),
    Mutant(
        "Anthropic's cached tokens are left out",
        "Its input_tokens leave them out, and everybody else's have them in.",
        "proxy/dialects/anthropic_usage.py",
        '_needed(counts, "input_tokens") + (read or 0) + (written or 0)',
        '_needed(counts, "input_tokens") + (written or 0)',
        ("tests/proxy/test_dialects.py::test_tokens_and_cost_of_a_document_are_those_counted_by_hand",),
    ),
    Mutant(
        "the event that we asked for reaches the client",
        "A client that did not ask for usage sees an event without choices, and some fall over it.",
        "proxy/tap.py",
        'return b"" if reading.is_extra else without_null_usage(piece)',
        "return without_null_usage(piece)",
        (f"{_TAP}::test_the_usage_event_and_nothing_else_is_kept_from_a_client_that_did_not_ask",),
    ),
    Mutant(
        "an event is cut in two at a CR",
        "What is read depends on where the network cuts.",
        "proxy/sse.py",
        r'(?:\r\n|\n|\r(?!\n|\Z))")',
        r'(?:\r\n|\n|\r(?!\n))")',
        ("tests/proxy/test_sse.py::test_a_blank_line_that_may_still_be_cut_in_two_is_waited_for",),
    ),
    Mutant(
        "a meter that fails takes bytes with it",
        "A fault in metering changes what the client gets.",
        "proxy/relay.py",
        "            return held + chunk\n",
        "            return chunk\n",
        ("tests/proxy/test_faults.py::test_a_meter_that_fails_gives_back_what_it_had_kept_of_an_event",),
    ),
    Mutant(
        "bombs are inflated",
        "An answer of some kilobytes takes minutes of the meter's time.",
        "proxy/inflate.py",
        "            if self._left < 0:\n",
        "            if self._left is None:\n",
        ("tests/proxy/test_inflate.py::test_a_bomb_is_given_up_at_a_bound_with_little_memory",),
    ),
    Mutant(
        "bodies are held whatever their length",
        "A few large uploads fill the memory.",
        "proxy/asked.py",
        "while size <= longest and not content.at_eof():",
        "while not content.at_eof():",
        ("tests/proxy/test_requests.py::test_64_mib_pass_unchanged_and_are_not_held_in_memory",),
    ),
    Mutant(
        "compressed bodies are inflated whatever comes of them",
        "A request of some kilobytes fills the memory.",
        "proxy/decoding.py",
        "            if size > longest:\n                return None\n",
        "",
        (
            "tests/proxy/test_asked.py::test_a_compressed_body_that_inflates_to_more_than_may_be_read_is_not_read",
        ),
    ),
    Mutant(
        "names are as long as clients like",
        "A megabyte of name is in the ledger, and on every page.",
        "proxy/bounds.py",
        "return start.strip()[:longest].rstrip() or None",
        "return text.strip() or None",
        ("tests/proxy/test_attribution.py::test_names_are_bounded",),
    ),
    Mutant(
        "there are as many names as clients like",
        "A name of its own for each call makes the rollups as large as the ledger.",
        "proxy/distinct.py",
        "        self._room[dimension] -= 1\n",
        "",
        ("tests/proxy/test_distinct.py::test_names_beyond_the_bound_are_other_and_those_before_it_stay",),
    ),
    Mutant(
        "a credential is kept as a name",
        "A key that is sent as a user's name is in the ledger in clear.",
        "proxy/attribution.py",
        "return len(start) == TELLTALE and start.lower() in text.lower()",
        "return False",
        ("tests/proxy/test_attribution.py::test_a_credential_that_is_sent_as_a_name_too_is_not_kept",),
    ),
)
