"""What passes between client and upstream."""

from tests.seeded.mutant import Mutant

_HEADERS = "tests/proxy/test_headers.py"
_ENDINGS = "tests/proxy/test_endings.py"
_LEAVING = "tests/proxy/test_leaving.py"
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
        "redirects are followed",
        "An upstream sends the call, its key with it, to somebody else.",
        "proxy/upstream_client.py",
        "data=body, allow_redirects=False",
        "data=body, allow_redirects=True",
        ("tests/proxy/test_targets.py::test_no_redirect_of_upstreams_is_followed",),
    ),
    Mutant(
        "a POST is sent twice",
        "A call that upstream may have answered is made, and charged for, once more.",
        "proxy/upstream_client.py",
        "return await wire.call(_head(method, url, headers, len(body), closes=closes), body)",
        "head = _head(method, url, headers, len(body), closes=closes)\n"
        "        try:\n"
        "            return await wire.call(head, body)\n"
        "        except Exception:\n"
        "            wire = Wire(await self._connected(session, url), self._timeout.sock_read or 0, free)\n"
        "            return await wire.call(head, body)",
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
