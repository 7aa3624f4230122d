"""Of a form, its small text fields are read; files are passed over; nothing that is sent raises anything."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.asked import asked_by
from proxy.dialects.dialect import Streams
from proxy.form import LONGEST_VALUE_BYTES, MOST_PARTS, fields_of
from tests.proxy.forms import BOUNDARY, FORM, fields, file_part, form, part

TYPE = FORM[1]
NAMES = frozenset({"model", "stream", "n"})


def test_fields_before_and_after_a_file_are_read() -> None:
    """SDKs put the file first or last, as they like."""
    body = form(part("model", b"whisper-1"), file_part(b"\xff\xfb\x90" * 1000), part("stream", b"true"))
    assert fields_of(body, TYPE, NAMES) == {"model": "whisper-1", "stream": "true"}


def test_only_fields_that_are_asked_for_are_read() -> None:
    assert fields_of(fields(prompt="secret", model="m"), TYPE, NAMES) == {"model": "m"}


def test_what_looks_like_a_field_within_a_file_is_none() -> None:
    inner = b'--x\r\nContent-Disposition: form-data; name="model"\r\n\r\nfake\r\n'
    assert fields_of(form(file_part(inner), part("n", b"2")), TYPE, NAMES) == {"n": "2"}


def test_a_file_that_is_called_as_a_field_is_none() -> None:
    assert fields_of(form(file_part(b"gpt", name="model")), TYPE, NAMES) == {}
    odd = form(part("model", b"gpt", "; filename*=UTF-8''m.txt"))
    assert fields_of(odd, TYPE, NAMES) == {}


def test_of_a_field_that_comes_twice_the_last_counts() -> None:
    assert fields_of(form(part("model", b"a"), part("model", b"b")), TYPE, NAMES) == {"model": "b"}


@pytest.mark.parametrize(
    "content_type",
    [
        f'Multipart/Form-Data; charset=utf-8; Boundary="{BOUNDARY}"',
        f"multipart/form-data;boundary={BOUNDARY}; x=y",
    ],
)
def test_a_boundary_may_be_quoted_and_stand_beside_others(content_type: str) -> None:
    assert fields_of(fields(model="m"), content_type, NAMES) == {"model": "m"}


def test_text_before_the_first_part_and_types_of_parts_are_passed_over() -> None:
    body = b"This is a form.\r\n" + form(part("model", b"m\xc3\xbc", "\r\nContent-Type: text/plain"))
    assert fields_of(body, TYPE, NAMES) == {"model": "mü"}


def test_names_without_quotes_and_in_odd_case_are_read() -> None:
    start = f"--{BOUNDARY}\r\n".encode()
    body = start + b"CONTENT-DISPOSITION: form-data; Name=model\r\n\r\nm\r\n" + f"--{BOUNDARY}--".encode()
    assert fields_of(body, TYPE, NAMES) == {"model": "m"}


@pytest.mark.parametrize("value", [b"", b"x" * LONGEST_VALUE_BYTES])
def test_a_value_is_read_up_to_its_bound(value: bytes) -> None:
    assert fields_of(form(part("model", value)), TYPE, NAMES) == {"model": value.decode()}
    assert fields_of(form(part("model", b"x" * (LONGEST_VALUE_BYTES + 1))), TYPE, NAMES) == {}


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", TYPE),
        (fields(model="m"), "multipart/form-data"),
        (fields(model="m"), "multipart/form-data; boundary="),
        (fields(model="m"), f"multipart/form-data; boundary={'x' * 300}"),
        (fields(model="m"), f"application/json; boundary={BOUNDARY}"),
        (fields(model="m")[:-60], TYPE),
        (b"--" + BOUNDARY.encode(), TYPE),
        (f"--{BOUNDARY}\r\n\r\nno header\r\n--{BOUNDARY}--".encode(), TYPE),
        (f"--{BOUNDARY}\r\nContent-Disposition: form-data\r\n\r\nx\r\n--{BOUNDARY}--".encode(), TYPE),
        (fields(model="m").replace(b"form-data", b"attachment"), TYPE),
    ],
)
def test_what_is_no_whole_form_has_no_fields(body: bytes, content_type: str) -> None:
    assert fields_of(body, content_type, NAMES) == {}


PIECES = st.sampled_from(
    [
        b"\r\n",
        f"--{BOUNDARY}".encode(),
        b"--",
        b"Content-Disposition: form-data",
        b'; name="model"',
        b"\xff",
        b"m",
    ]
)


@given(st.lists(PIECES, max_size=20), st.text(max_size=30))
def test_whatever_is_sent_nothing_is_raised(pieces: list[bytes], content_type: str) -> None:
    for kind in (TYPE, content_type, f"multipart/form-data; boundary={content_type}"):
        assert fields_of(b"".join(pieces), kind, NAMES).keys() <= NAMES


def test_a_form_of_a_million_parts_is_given_up_early() -> None:
    many = form(*[part("n", b"1")] * MOST_PARTS * 20, part("model", b"m"))
    began = time.perf_counter()
    assert fields_of(many, TYPE, NAMES) == {"n": "1"}
    assert time.perf_counter() - began < 0.5


def test_a_request_that_is_a_form_is_asked_for_its_model_and_for_streaming() -> None:
    body = form(file_part(b"\xff" * 100), part("model", b"gpt-4o-transcribe"), part("stream", b"True"))
    asked = asked_by(body, form_type=TYPE)
    assert (asked.body, asked.model, asked.stream, asked.problem) == (body, "gpt-4o-transcribe", True, None)
    assert asked_by(fields(stream="false"), form_type=TYPE).stream is False
    assert asked_by(fields(user="ann"), form_type=TYPE).names.user == "ann"


def test_an_api_that_takes_forms_takes_json_too() -> None:
    asked = asked_by(b'{"model":"gpt-image-1","stream":true}', form_type="application/json")
    assert (asked.model, asked.stream) == ("gpt-image-1", True)


def test_a_form_where_the_api_has_none_is_not_read() -> None:
    asked = asked_by(fields(model="m"), streams=Streams.ON_REQUEST)
    assert (asked.model, asked.problem) == (None, "the request body is not a JSON object")
