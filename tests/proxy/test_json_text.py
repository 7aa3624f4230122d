"""A string in JSON text, also where it is cut or where the text is none."""

import json
import re
from time import process_time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.json_text import STRING

FOUND = re.compile(STRING, re.DOTALL)


@given(st.text(max_size=20), st.text(max_size=5))
def test_a_string_ends_where_json_ends_it(text: str, after: str) -> None:
    written = json.dumps(text).encode()
    found = FOUND.match(written + after.encode())
    assert found is not None
    assert found[0] == written


@pytest.mark.parametrize("cut", [b'"', b'"ab', rb'"a\"b', b'"a\xff\n'])
def test_a_string_that_is_cut_reaches_to_the_end(cut: bytes) -> None:
    assert [found[0] for found in FOUND.finditer(b"[1," + cut)] == [cut]


@pytest.mark.parametrize("piece", [b'\\"', b'"\\', b'"', b"\\", b'"\\"'])
def test_text_that_is_all_quotes_and_backslashes_is_gone_through_once(piece: bytes) -> None:
    started_s = process_time()
    assert sum(len(found[0]) for found in FOUND.finditer(piece * 100_000)) <= 300_000
    assert process_time() - started_s < 1
