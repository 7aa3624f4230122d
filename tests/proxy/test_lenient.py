"""Whatever upstream sends where JSON should be, nothing is raised."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.dialects.lenient import decoded_or_none


class Top(msgspec.Struct):
    model: str | None = None


@pytest.mark.parametrize("text", [b"", b"[", b"[]", b'{"model":7}', b'{"model":"\xff"}', b"[" * 100_000])
def test_what_is_not_of_the_shape_is_none(text: bytes) -> None:
    assert decoded_or_none(msgspec.json.Decoder(Top), text) is None


@given(st.binary(max_size=50))
def test_no_bytes_raise(text: bytes) -> None:
    decoded_or_none(msgspec.json.Decoder(), text)
    decoded_or_none(msgspec.json.Decoder(Top), b'{"model":"%s"}' % text)
    decoded_or_none(msgspec.json.Decoder(Top), b'{"%s":1}' % text)


def test_what_is_of_the_shape_is_read() -> None:
    assert decoded_or_none(msgspec.json.Decoder(Top), b'{"model":"m","x":1}') == Top("m")
    assert decoded_or_none(msgspec.json.Decoder(list[int]), msgspec.Raw(b"[1]")) == [1]
