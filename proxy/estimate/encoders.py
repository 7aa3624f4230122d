"""OpenAI's tokenizers, from files that come with payback. tiktoken itself would fetch them at first use."""

import gzip
import tomllib
from binascii import a2b_base64
from hashlib import sha256
from importlib.resources import files

from tiktoken import Encoding

PATTERNS = {
    "cl100k_base": (
        r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+"
        r"|\s++$|\s*[\r\n]|\s+(?!\S)|\s"
    ),
    "o200k_base": (
        r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?"
        r"|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
    ),
}
"""How text is cut into words before ranks are asked. Part of each encoding, as tiktoken_ext/openai_public.py
defines it; tiktoken cannot be asked for it without loading the ranks its own way."""


class NotCounted(Exception):
    """There is no count, for the reason that the message gives; the text is not in it."""


def load(name: str) -> Encoding:
    """Takes 0.3 s for o200k_base and 0.1 s for cl100k_base, and 50 and 30 MB of memory for good.

    Special tokens are unknown to it: in a call's text they are text. Raises NotCounted."""
    folder = files("proxy.estimate").joinpath("ranks")
    expected = tomllib.loads(folder.joinpath("sources.toml").read_text("utf-8"))[name]["sha256"]
    lines = gzip.decompress(folder.joinpath(f"{name}.tiktoken.gz").read_bytes())
    if sha256(lines).hexdigest() != expected:
        raise NotCounted(f"the ranks of {name} are not those that were published; install payback again")
    ranks = ranks_of(lines)
    encoder = Encoding(name, pat_str=PATTERNS[name], mergeable_ranks=ranks, special_tokens={})
    ranks.clear()  # 27 MB that tiktoken keeps beside its own copy, and never asks when it encodes
    return encoder


def ranks_of(lines: bytes) -> dict[bytes, int]:
    """Token and rank, from lines of "base64 rank".

    >>> ranks_of(b"IQ== 0\\nIg== 1\\n")
    {b'!': 0, b'"': 1}
    """
    ranks = {}
    for line in lines.splitlines():  # not map and zip: they would not let the event loop's thread in between
        token, _, rank = line.partition(b" ")
        ranks[a2b_base64(token)] = int(rank)
    return ranks
