"""Whatever upstream sends where JSON should be, nothing is raised; what other readers read is read here."""

import json
from time import process_time

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.lenient import DEEPEST, LONGEST_MENDED, decoded_or_none, respelt


class Top(msgspec.Struct):
    model: str | None = None
    usage: object = None


TOP = msgspec.json.Decoder(Top)
USAGE = b'"usage":{"prompt_tokens":11}'


@pytest.mark.parametrize("text", [b"", b"[", b"[]", b'{"model":7}', b'{"model":"m}', b"[" * 100_000])
def test_what_is_not_of_the_shape_is_none(text: bytes) -> None:
    assert decoded_or_none(TOP, text) is None


@given(st.binary(max_size=50))
def test_no_bytes_raise(text: bytes) -> None:
    decoded_or_none(msgspec.json.Decoder(), text)
    decoded_or_none(TOP, text)
    decoded_or_none(TOP, b'{"model":"%s"}' % text)
    decoded_or_none(TOP, b'{"%s":1}' % text)


def test_what_is_of_the_shape_is_read() -> None:
    assert decoded_or_none(TOP, b'{"model":"m","x":1}') == Top("m")
    assert decoded_or_none(msgspec.json.Decoder(list[int]), msgspec.Raw(b"[1]")) == [1]


@pytest.mark.parametrize(
    "before",
    [
        rb'"text":"half of \ud83d",',
        rb'"text":"the other half of \uDE00",',
        rb'"text":"two first halves \ud83d\ud83d",',
        b'"logprobs":[NaN, Infinity,-Infinity],',
        b'"usage":{"share":1e400,"x":-1.5E+999},',
        b'"usage":{"x":' + b"9" * 5000 + b"},",
        b'"text":"no \xff unicode",',
        b'"arguments":' + b'{"a":[' * 10_000 + b"]}" * 10_000 + b",",
        rb'"text":"\ud83d","top":[-Infinity],"deep":' + b"[" * 2000 + b"]" * 2000 + b",",
    ],
    ids=[
        "half",
        "low half",
        "two halves",
        "no numbers",
        "too large",
        "too long",
        "no unicode",
        "deep",
        "all of it",
    ],
)
def test_what_json_forbids_and_others_read_all_the_same_costs_no_tokens(before: bytes) -> None:
    """JavaScript cuts an emoji in two and writes the half; Python writes NaN; both read them."""
    expected = Top("m", {"prompt_tokens": 11})
    assert decoded_or_none(TOP, b'{"model":"m",%s%s}' % (before, USAGE)) == expected
    assert decoded_or_none(TOP, b"\xef\xbb\xbf" + b'{%s%s,"model":"m"}' % (before, USAGE)) == expected


def test_what_cannot_be_text_within_the_usage_leaves_its_numbers() -> None:
    told = decoded_or_none(TOP, b'{"usage":{"prompt_tokens":11,"note":"\xff","share":NaN,"more":"\\ud83d"}}')
    assert told == Top(usage={"prompt_tokens": 11, "note": "\ufffd", "share": "NaN", "more": "\ufffd"})


@pytest.mark.parametrize(
    "name",
    [r"\ud83d\ude00", r"a\\ud83d", r"\\\ud83d\ude00", "NaN", "a, NaN, b", "[[]]"],
    ids=["a pair", "a backslash", "a backslash and a pair", "a word", "words", "brackets"],
)
def test_what_only_looks_odd_stays(name: str) -> None:
    text = b'{"x":NaN,"y":"\\ud83d","z":' + b"[" * 2000 + b"]" * 2000 + b',"model":"%s"}' % name.encode()
    assert decoded_or_none(TOP, text) == Top(json.loads(f'"{name}"'))


def test_what_is_deeper_than_can_be_read_is_left_out_and_nothing_above_it() -> None:
    text = b'{"usage":{"n":1,"deep":' + b'{"a":' * 3000 + b"1" + b"}" * 3000 + b',"m":2},"model":"m"}'
    told = decoded_or_none(TOP, text)
    assert told is not None
    assert isinstance(told.usage, dict)
    assert (told.model, told.usage["n"], told.usage["m"]) == ("m", 1, 2)
    assert repr(told.usage).count("{") == DEEPEST - 1


def test_where_nothing_may_be_left_out_what_is_too_deep_is_none() -> None:
    """Half an estimate would be taken for a whole one."""
    deep = b"[" * 2000 + b"]" * 2000
    assert decoded_or_none(TOP, b'{"model":"m","x":%s}' % deep, respelt) is None
    half = rb'{"model":"\ud83d","x":%s}' % (b"[" * 90 + b"]" * 90)
    assert decoded_or_none(TOP, half, respelt) == Top("\ufffd")


def test_a_long_text_is_not_mended() -> None:
    assert decoded_or_none(TOP, b'{"x":NaN,"y":"%s"}' % (b"x" * LONGEST_MENDED)) is None


@pytest.mark.parametrize(
    "piece",
    [b"[", b"[]", b'"",', rb"\ud83d", b"9", b"1e", b"1e999,", b"-", b"NaN,", b"\\", b'"', b'\\"', b"\xff"],
)
def test_a_text_made_to_be_slow_holds_nobody_up(piece: bytes) -> None:
    """Calls wait while a request or an answer is looked at."""
    slow = b'{"x":NaN,"y":' + piece * (LONGEST_MENDED // len(piece))
    started_s = process_time()
    assert decoded_or_none(TOP, slow[: LONGEST_MENDED - 100]) is None
    assert process_time() - started_s < 0.3
