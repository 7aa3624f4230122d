"""Which headers travel: repeats and order kept, the connection's own left behind, ours never passed on."""

import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.headers import Encodings, Headers, request_headers, response_headers, without

HOP_BY_HOP = [
    "Connection",
    "Keep-Alive",
    "Proxy-Connection",
    "Proxy-Authenticate",
    "Proxy-Authorization",
    "TE",
    "Trailer",
    "Transfer-Encoding",
    "Upgrade",
    "HTTP2-Settings",
]
OURS = ["X-Payback-Workload", "x-payback-anything", "X_Payback_User", "X-Payback_Tags", "x_PAYBACK-call-id"]


def sent(
    headers: list[tuple[bytes, bytes]],
    credential: tuple[str, str] | None = None,
    *,
    is_framed: bool = False,
    encodings: Encodings = Encodings.ALL,
) -> Headers:
    return request_headers(headers, credential, is_framed=is_framed, encodings=encodings)


def raw(*headers: tuple[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers]


@pytest.mark.parametrize("name", [*HOP_BY_HOP, *OURS])
def test_headers_of_one_connection_and_our_own_travel_in_neither_direction(name: str) -> None:
    headers = raw(("Accept", "a"), (name, "x"), (name.lower(), "y"), ("Accept", "b"))
    assert sent(headers) == [("Accept", "a"), ("Accept", "b")]
    assert response_headers(headers) == [("Accept", "a"), ("Accept", "b")]


def test_repeated_headers_keep_their_order_their_case_and_their_values() -> None:
    headers = [
        ("Set-Cookie", "a=1"),
        ("X-Odd.Name!", ""),
        ("set-cookie", "b=2; Path=/"),
        ("Set-Cookie", "a=1"),
    ]
    assert response_headers(raw(*headers)) == headers
    assert sent(raw(*headers)) == headers


def test_headers_that_connection_names_are_left_behind() -> None:
    headers = raw(("Connection", "close, X-Hop ,x-other"), ("X-Hop", "1"), ("X-OTHER", "2"), ("X-Stays", "3"))
    assert response_headers(headers) == [("X-Stays", "3")]


@pytest.mark.parametrize("name", ["Content-Length", "Authorization", "x-api-key", "api-key"])
def test_a_connection_header_cannot_take_away_framing_or_credentials(name: str) -> None:
    """Fabio's CVE-2025-48865: who names a trusted header in Connection made it vanish."""
    assert sent(raw(("Connection", name), (name, "5"))) == [(name, "5")]


def test_host_and_expect_are_between_the_client_and_us() -> None:
    assert sent(raw(("Host", "payback.test"), ("Expect", "100-continue"), ("Accept", "x"))) == [
        ("Accept", "x")
    ]


@pytest.mark.parametrize("theirs", ["Authorization", "AUTHORIZATION", "x-api-key", "Api-Key"])
def test_a_configured_credential_takes_the_place_of_every_kind_of_the_clients(theirs: str) -> None:
    headers = raw((theirs, "theirs"), ("Accept", "x"), (theirs, "again"))
    ours = ("Authorization", "Bearer ours")
    assert sent(headers, ours) == [("Accept", "x"), ours]
    assert sent(headers) == [(theirs, "theirs"), ("Accept", "x"), (theirs, "again")]


@pytest.mark.parametrize(
    ("asked", "encodings", "offered"),
    [
        ("gzip, compress, zstd", Encodings.READABLE, "gzip, zstd"),
        ("dcb;q=1.0, gzip;q=0.8, br", Encodings.READABLE, "gzip;q=0.8, br"),
        ("compress", Encodings.READABLE, "identity"),
        ("*", Encodings.READABLE, "identity"),
        ("identity", Encodings.READABLE, "identity"),
        ("GZIP", Encodings.READABLE, "GZIP"),
        ("gzip, br", Encodings.NONE, "identity"),
        ("gzip, br", Encodings.ALL, "gzip, br"),
    ],
)
def test_only_encodings_that_the_meter_reads_are_offered_to_upstream(
    asked: str, encodings: Encodings, offered: str
) -> None:
    headers = raw(("Accept", "br"), ("Accept-Encoding", asked))
    assert sent(headers, encodings=encodings) == [("Accept", "br"), ("Accept-Encoding", offered)]


@pytest.mark.parametrize("encodings", list(Encodings))
def test_no_encoding_is_offered_that_the_client_did_not_offer(encodings: Encodings) -> None:
    assert sent(raw(("Accept", "x")), encodings=encodings) == [("Accept", "x")]


def test_the_length_of_a_body_that_was_read_is_counted_anew() -> None:
    headers = raw(("content-length", "5"), ("Accept", "x"))
    assert sent(headers, is_framed=True) == [("Accept", "x")]
    assert sent(headers) == [("content-length", "5"), ("Accept", "x")]


@given(st.lists(st.tuples(st.sampled_from(["A", "b", "Host", "Te", "X-Payback-Tags"]), st.text(max_size=3))))
def test_what_is_left_of_a_request_is_in_its_order(headers: list[tuple[str, str]]) -> None:
    kept = [(name, value) for name, value in headers if name in ("A", "b")]
    assert sent(raw(*headers)) == kept


def test_bytes_that_are_no_utf8_are_carried() -> None:
    assert response_headers([(b"X-Name", b"caf\xe9 \xc3\xbc")]) == [("X-Name", "caf\udce9 \u00fc")]


def test_headers_are_taken_out_by_name() -> None:
    assert without([("A", "1"), ("Content-Length", "2"), ("a", "3")], "a", "content-length") == []


def test_names_that_a_client_makes_up_fill_no_memory() -> None:
    tracemalloc.start()
    for number in range(300):
        sent([(b"x-%d-%s" % (number, b"n" * 60_000), b"1")])
    held_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held_bytes < 1 << 20, "300 names of 60 KB are 18 MB"
