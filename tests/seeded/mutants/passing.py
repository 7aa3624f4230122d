"""What passes between client and upstream."""

from tests.seeded.mutant import Mutant

_HEADERS = "tests/proxy/test_headers.py"
_ENDINGS = "tests/proxy/test_endings.py"
_LEAVING = "tests/proxy/test_leaving.py"
_UPLOAD = "tests/proxy/test_departure.py"
_REFUSED = "tests/proxy/test_refused.py"
_HANDSHAKE = "tests/proxy/test_handshake.py"
_ATTEMPTS = "tests/proxy/test_attempts.py"
_WIRE = "tests/proxy/test_wire.py"
MUTANTS = (
    Mutant(
        "headers of one hop are passed on",
        "What was between two peers reaches a third, who takes it for its own.",
        "proxy/headers.py",
        '"te", "trailer", "transfer-encoding", "upgrade", "http2-settings",',
        '"transfer-encoding",',
        (f"{_HEADERS}::test_headers_of_one_connection_and_our_own_travel_in_neither_direction",),
    ),
    Mutant(
        "headers that Connection names are passed on",
        "Likewise.",
        "proxy/headers.py",
        "return without(passed, *unusual) if unusual else passed",
        "return passed",
        (f"{_HEADERS}::test_headers_that_connection_names_are_left_behind",),
    ),
    Mutant(
        "a Connection header takes away what it names",
        "A client removes its own credential, or the length of its body, from what others see.",
        "proxy/headers.py",
        "named - _HOP_BY_HOP - _NEVER_NAMED - _CONNECTION_OPTIONS",
        "named - _HOP_BY_HOP - _CONNECTION_OPTIONS",
        (f"{_HEADERS}::test_a_connection_header_cannot_take_away_framing_or_credentials",),
    ),
    Mutant(
        "a client's key goes to an upstream that has one of its own",
        "A credential reaches somebody whom it is not for.",
        "proxy/headers.py",
        "headers = without(headers, *CREDENTIALS)",
        "headers = list(headers)",
        (
            f"{_HEADERS}::test_a_configured_credential_takes_the_place_of_every_kind_of_the_clients",
            "tests/proxy/test_requests.py::test_a_configured_key_replaces_the_clients_at_its_upstream_and_goes_nowhere_else",
        ),
    ),
    Mutant(
        "a key in the query goes to an upstream that has one of its own",
        "Likewise.",
        "proxy/route.py",
        "        raw_path = without_key(raw_path)\n",
        "        without_key(raw_path)\n",
        (
            "tests/proxy/test_route.py::test_a_key_in_the_query_stays_here_where_one_is_configured_and_nowhere_else",
        ),
    ),
    Mutant(
        "a path climbs out",
        "Dots that are written in another way lead a configured key to paths it is not for.",
        "proxy/route.py",
        'return any(segment in (".", "..") for segment in decoded.split("/"))',
        'return any(segment == ".." for segment in path.split("/"))',
        ("tests/proxy/test_route.py::test_a_path_that_some_server_reads_as_climbing_has_no_route",),
    ),
    Mutant(
        "a POST is sent twice",
        "A call that upstream may have answered is made, and charged for, once more.",
        "proxy/upstream_client.py",
        "if body is not None or method not in _REPEATABLE or not wire.was_stale:",
        "if not wire.was_stale:",
        (f"{_WIRE}::test_a_post_on_a_wire_that_dies_is_not_sent_again",),
    ),
    Mutant(
        "a cut answer is ended politely",
        "A client takes half an answer for a whole one.",
        "proxy/relay.py",
        "    return passage.cut()\n",
        "    await passage.outlet.end()\n    return passage.outlet\n",
        (
            f"{_ENDINGS}::test_an_answer_that_upstream_cuts_is_cut_for_the_client",
            f"{_ENDINGS}::test_a_stream_that_upstream_cuts_has_no_end_for_the_client_either",
        ),
    ),
    Mutant(
        "a reader of a broken answer waits for ever",
        "A client is told nothing more of an answer that upstream has broken.",
        "proxy/upstream_protocol.py",
        "    asyncio.get_running_loop().call_soon(content.set_exception, error)\n",
        "",
        (
            f"{_WIRE}::test_nonsense_that_comes_with_the_end_of_a_chunk_is_an_error_and_not_waited_behind_for_ever",
        ),
    ),
    Mutant(
        "nobody feels that a client leaves",
        "Upstream goes on working, and charging, for nobody.",
        "payback/lean_front.py",
        "        if self._task is not None:\n            self._task.cancel()\n",
        "",
        (
            f"{_LEAVING}::test_a_client_that_leaves_before_the_head_ends_upstreams_work_at_once",
            f"{_LEAVING}::test_a_client_that_sends_no_more_but_waits_is_taken_to_have_left",
        ),
    ),
    Mutant(
        "nobody feels that a client leaves while nothing of it is read",
        "Likewise; and what was read of its upload is held for nobody.",
        "proxy/departure.py",
        "            asyncio.get_running_loop().call_later(LOOK_SECONDS, self._look)\n",
        "            pass\n",
        (
            f"{_UPLOAD}::test_a_client_that_leaves_while_upstream_takes_nothing_ends_the_upload_at_once",
            f"{_UPLOAD}::test_a_client_that_leaves_with_more_sent_than_is_read_ends_the_call_at_once",
        ),
    ),
    Mutant(
        "a call whose body breaks off is nowhere",
        "Whoever looks for it finds neither a row nor a number.",
        "proxy/plan.py",
        '            self._gate.count("left")\n',
        "            pass\n",
        (f"{_REFUSED}::test_a_client_that_leaves_within_a_metered_calls_body_is_counted",),
    ),
    Mutant(
        "a handshake loses what is no UTF-8",
        "A name in Latin-1 arrives with holes in it.",
        "proxy/websocket.py",
        "switched_headers(answer.raw_headers, record.call_id)",
        "[(a, b.encode('utf-8', 'ignore').decode()) for a, b in switched_headers(answer.raw_headers, '')]",
        (f"{_HANDSHAKE}::test_bytes_that_are_no_utf8_pass_both_ways_and_so_do_lines_of_one_name",),
    ),
    Mutant(
        "an upload that breaks off holds its upstream",
        "Upstream waits for the rest of a body that cannot come.",
        "payback/server.py",
        "            self._break_body_before(self._messages[-1][0])\n",
        "            pass\n",
        (
            f"{_UPLOAD}::test_an_upload_that_is_no_http_is_refused_once_and_ends_upstreams_connection",
            f"{_UPLOAD}::test_an_upload_that_is_no_http_cuts_the_answer_that_has_begun",
        ),
    ),
    Mutant(
        "control bytes are passed on in heads",
        "What one reader takes for a value is the end of a line to another.",
        "proxy/upstream_protocol.py",
        "return _CONTROLS.search(head) is None",
        "return True",
        (f"{_WIRE}::test_what_is_no_answer_is_none",),
    ),
    Mutant(
        "what comes unasked is the next call's answer",
        "A client gets what was meant for another, or for nobody.",
        "proxy/wire.py",
        "            if data:\n                self.close()\n            return\n",
        "            return\n",
        (f"{_WIRE}::test_a_wire_on_which_something_came_unasked_is_not_used_again",),
    ),
    Mutant(
        "a call that may have been charged goes on to the second upstream",
        "It is made, and charged for, twice.",
        "proxy/attempts.py",
        "if self.plan.failover is None or not failure.is_unreached:",
        "if self.plan.failover is None:",
        (
            f"{_ATTEMPTS}::test_a_call_that_was_sent_and_had_no_answer_may_have_been_charged_and_goes_nowhere_else",
        ),
    ),
    Mutant(
        "a call goes from one upstream to the other and back, without end",
        "Two that stand in for each other, and are both away, are asked for ever.",
        "proxy/attempts.py",
        "        self._begin_next(upstream)\n"
        "        try:\n            return await self._of_one_upstream()\n",
        "        before = self.plan.upstream\n"
        "        self._begin_next(upstream)\n"
        "        if self.plan.call.retry_number < 3:\n"
        "            self.plan = replace(self.plan, failover=before)\n"
        "        try:\n"
        "            return await self.answer()\n",
        (f"{_ATTEMPTS}::test_of_two_that_stand_in_for_each_other_none_is_asked_twice",),
    ),
    Mutant(
        "an upstream that says it is not available is not left",
        "The second upstream is never asked, and nobody finds out before the first is away.",
        "proxy/attempts.py",
        "_UNAVAILABLE = frozenset({502, 503, 504, 529})",
        "_UNAVAILABLE = frozenset({502, 504})",
        (
            f"{_ATTEMPTS}::test_an_upstream_that_says_it_is_not_available_is_left_and_nothing_of_its_answer_is_seen",
        ),
    ),
    Mutant(
        "who is told to slow down is sent elsewhere",
        "A client never hears how fast it may go on, and floods the second upstream too.",
        "proxy/attempts.py",
        "_UNAVAILABLE = frozenset({502, 503, 504, 529})",
        "_UNAVAILABLE = frozenset({429, 500, 502, 503, 504, 529})",
        (f"{_ATTEMPTS}::test_any_other_answer_is_the_clients",),
    ),
    Mutant(
        "the first attempt's row is left open",
        "A row stays without an end, and a crash is suspected where there was none.",
        "proxy/attempts.py",
        "            await self.record.end(Outcome.UPSTREAM_ERROR, problem=problem)\n",
        "            pass\n",
        (
            f"{_ATTEMPTS}::test_an_upstream_that_says_it_is_not_available_is_left_and_nothing_of_its_answer_is_seen",
        ),
    ),
    Mutant(
        "the second upstream sees the first one's cookies",
        "A credential reaches somebody whom it is not for.",
        "proxy/sending.py",
        'return without(headers, "cookie") if plan.is_failover else headers',
        "return headers",
        (f"{_ATTEMPTS}::test_what_the_client_shows_the_first_upstream_the_second_never_sees",),
    ),
    Mutant(
        "an upstream without a key may stand in",
        "What the client shows one upstream goes to another, or nothing does and every call fails there.",
        "payback/failovers.py",
        "if by_name[name].api_key is None and not by_name[name].self_hosted:",
        "if by_name[name].api_key is None and by_name[name].self_hosted:",
        (
            "tests/payback/test_failovers.py::test_a_failover_that_leads_nowhere_good_is_refused_in_a_sentence",
        ),
    ),
    Mutant(
        "chunks of HTTP/1.0 are read",
        "Two readers disagree on where a request ends.",
        "payback/doubtful.py",
        "if coding is not None and version == HttpVersion10:",
        "if coding is None and version == HttpVersion10:",
        ("tests/payback/test_doubtful.py::test_chunks_are_read_in_http_1_1_alone",),
    ),
    Mutant(
        "any Host is one",
        "A name that no host has leads somebody else astray.",
        "payback/doubtful.py",
        'if not _HOST.fullmatch(headers.get("Host", "")):',
        'if not _HOST.match(headers.get("Host", "")):',
        ("tests/payback/test_doubtful.py::test_what_is_no_host_is_refused",),
    ),
)
