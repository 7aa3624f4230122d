"""The tokenizers that come with payback are OpenAI's own, and nothing asks the network for them."""

import gzip
import socket
import tomllib
from hashlib import sha256
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import tiktoken
from tiktoken_ext import openai_public  # type: ignore[import-untyped]

from proxy.estimate import encoders
from proxy.estimate.encoders import PATTERNS, NotCounted, load, ranks_of

RANKS = files("proxy.estimate").joinpath("ranks")
SOURCES = tomllib.loads(RANKS.joinpath("sources.toml").read_text("utf-8"))
NAMES = sorted(PATTERNS)


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What the installed tiktoken says of its encodings, the ranks left out: address, hash, pattern."""
    asked: list[tuple[str, str]] = []

    def loaded(source: str, expected_hash: str) -> dict[bytes, int]:
        asked.append((source, expected_hash))
        return {}

    monkeypatch.setattr(openai_public, "load_tiktoken_bpe", loaded)
    patterns = {name: openai_public.ENCODING_CONSTRUCTORS[name]()["pat_str"] for name in NAMES}
    return {name: (*asked[place], patterns[name]) for place, name in enumerate(NAMES)}


@pytest.mark.parametrize("name", NAMES)
def test_ranks_are_byte_for_byte_those_that_the_installed_tiktoken_expects(
    name: str, published: dict[str, Any]
) -> None:
    source, expected, pattern = published[name]
    unzipped = gzip.decompress(RANKS.joinpath(f"{name}.tiktoken.gz").read_bytes())
    assert sha256(unzipped).hexdigest() == expected == SOURCES[name]["sha256"]
    assert SOURCES[name]["source"] == source
    assert PATTERNS[name] == pattern


def test_every_file_of_ranks_has_a_source_and_a_license() -> None:
    names = {file.name.removesuffix(".tiktoken.gz") for file in RANKS.iterdir()}
    assert names == {*NAMES, "sources.toml", "LICENSE"}
    assert SOURCES.keys() == set(NAMES)
    assert "OpenAI" in RANKS.joinpath("LICENSE").read_text("utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_zipped_ranks_hold_no_time_and_so_are_the_same_whoever_zips_them(name: str) -> None:
    """Bytes 4 to 7 of a gzip file are its time of modification (RFC 1952)."""
    assert RANKS.joinpath(f"{name}.tiktoken.gz").read_bytes()[4:8] == bytes(4)


@pytest.mark.parametrize("name", NAMES)
def test_a_tokenizer_is_loaded_without_network_or_cache(
    name: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setenv("TIKTOKEN_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(socket, "socket", no_network)
    monkeypatch.setattr(socket, "getaddrinfo", no_network)
    assert len(load(name).encode_ordinary("hello world")) == 2
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(AssertionError, match="the network was asked"):
        tiktoken.get_encoding(name)  # so this test would notice


KNOWN = [
    ("hello world", 2, 2),
    ("antidisestablishmentarianism", 6, 6),
    ("2 + 2 = 4", 7, 7),
    ("お誕生日おめでとう", 9, 8),
    ("", 0, 0),
]
"""Text, tokens in cl100k_base and in o200k_base, as OpenAI's cookbook has them:
https://github.com/openai/openai-cookbook/blob/main/examples/How_to_count_tokens_with_tiktoken.ipynb"""


def test_known_texts_have_the_tokens_that_openai_says_they_have() -> None:
    cl100k, o200k = load("cl100k_base"), load("o200k_base")
    counted = [
        (text, len(cl100k.encode_ordinary(text)), len(o200k.encode_ordinary(text))) for text, _, _ in KNOWN
    ]
    assert counted == KNOWN


def test_ranks_that_were_changed_are_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """One byte of 1.7 million: counts would be wrong without a word."""
    lines = bytearray(gzip.decompress(RANKS.joinpath("cl100k_base.tiktoken.gz").read_bytes()))
    lines[-2] ^= 1
    (tmp_path / "ranks").mkdir()
    (tmp_path / "ranks" / "sources.toml").write_bytes(RANKS.joinpath("sources.toml").read_bytes())
    (tmp_path / "ranks" / "cl100k_base.tiktoken.gz").write_bytes(gzip.compress(lines, 1))
    monkeypatch.setattr(encoders, "files", lambda _: tmp_path)
    with pytest.raises(NotCounted, match="the ranks of cl100k_base are not those that were published"):
        load("cl100k_base")


def test_a_rank_file_that_is_no_rank_file_is_an_error_and_not_an_empty_tokenizer() -> None:
    with pytest.raises(ValueError, match="invalid literal"):
        ranks_of(b"IQ==\n")
