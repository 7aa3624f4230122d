"""A llama model that says nothing sensible, but says it through the real llama.cpp code."""

from __future__ import annotations

from pathlib import Path

import gguf
import numpy as np
import numpy.typing as npt

SEED = 20261122
"""Fixed, so that two runs of the tests meet the same model."""

WIDTH = 64
HEADS = 2
FEED_FORWARD = 192
CONTEXT_TOKENS = 65_536
"""Larger than any test needs; one layer of this width costs 256 bytes of cache per token."""

MERGES = (
    *("t h", "th e", "h e", "i n", "e r", "a n", "an d", "o n", "r e", "e d", "in g", "o r"),
    *("e s", "a t", "i s", "o u", "a l", "e n", "i t", "s t", "Ġ t", "Ġ a", "Ġ s", "Ġ w"),
)
"""A few English pairs, so that a token is not always one byte. Ġ is GPT-2's name for the space."""

BOS, EOS, END_OF_TURN = "<|startoftext|>", "<|endoftext|>", "<|im_end|>"
SPECIALS = (BOS, EOS, "<|im_start|>", END_OF_TURN)

TOOL_CALL = "<tool_call>"
TOOL_CALL_BIAS = {256 + len(MERGES): 100, 256 + len(MERGES) + 1 + SPECIALS.index(END_OF_TURN): 200}
"""The logit_bias of a request with tool_choice "required" that makes the model answer with a call.

A random model never writes the tag that opens a call, so the tag is one token and the bias draws it;
after it llama.cpp's grammar admits only a call, and only then END_OF_TURN, preferred to more calls.
In 3 of 150 answers the model wrote a comma and a second call."""

CHAT_TEMPLATE = """\
{%- if tools %}<|im_start|>system
<tools>
{%- for tool in tools %}
{{ tool | tojson }}
{%- endfor %}
</tools><|im_end|>
{% endif %}
{%- for message in messages %}<|im_start|>{{ message.role }}
{{ message.content or "" }}
{%- for call in message.tool_calls or [] %}
<tool_call>{"name": "{{ call.function.name }}", "arguments": {{ call.function.arguments | tojson -}}
}</tool_call>
{%- endfor %}<|im_end|>
{% endfor %}
{%- if add_generation_prompt %}<|im_start|>assistant
{% endif %}"""
"""ChatML with tool calls in the Hermes manner, which llama.cpp can parse."""

Weights = npt.NDArray[np.float32]


def write_tiny_model(path: Path) -> None:
    """Write the model to *path*: 1 layer, float32, about 350 KB."""
    tokens = _vocabulary()
    writer = gguf.GGUFWriter(path, "llama")
    _add_shape(writer, len(tokens))
    _add_tokenizer(writer, tokens)
    for name, weights in _tensors(tokens).items():
        writer.add_tensor(name, weights)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def _add_shape(writer: gguf.GGUFWriter, vocabulary_size: int) -> None:
    writer.add_name("tiny")
    writer.add_file_type(gguf.LlamaFileType.ALL_F32)
    writer.add_context_length(CONTEXT_TOKENS)
    writer.add_embedding_length(WIDTH)
    writer.add_block_count(1)
    writer.add_feed_forward_length(FEED_FORWARD)
    writer.add_head_count(HEADS)
    writer.add_head_count_kv(HEADS)
    writer.add_rope_dimension_count(WIDTH // HEADS)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_vocab_size(vocabulary_size)


def _add_tokenizer(writer: gguf.GGUFWriter, tokens: list[str]) -> None:
    kinds = dict.fromkeys(SPECIALS, gguf.TokenType.CONTROL) | {TOOL_CALL: gguf.TokenType.USER_DEFINED}
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list(tokens)
    writer.add_token_types([kinds.get(t, gguf.TokenType.NORMAL) for t in tokens])
    writer.add_token_merges(list(MERGES))
    writer.add_bos_token_id(tokens.index(BOS))
    writer.add_eos_token_id(tokens.index(EOS))
    writer.add_eot_token_id(tokens.index(END_OF_TURN))
    writer.add_add_bos_token(True)
    writer.add_chat_template(CHAT_TEMPLATE)


def _vocabulary() -> list[str]:
    """Bytes first, then merged pairs, the tag and the special tokens: 256 + 24 + 1 + 4 = 285."""
    merged = [pair.replace(" ", "") for pair in MERGES]
    return [*_byte_names(), *merged, TOOL_CALL, *SPECIALS]


def _byte_names() -> list[str]:
    """GPT-2's names for the 256 bytes: printable Latin-1 is itself, the rest move to U+0100 on."""
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    spare = iter(range(0x100, 0x200))
    return [chr(byte if byte in printable else next(spare)) for byte in range(256)]


def _tensors(tokens: list[str]) -> dict[str, Weights]:
    random = np.random.default_rng(SEED)

    def matrix(rows: int, columns: int) -> Weights:
        """Scaled by 1/sqrt(columns), which keeps a unit-size input at unit size."""
        return np.asarray(random.standard_normal((rows, columns)) / columns**0.5, np.float32)

    size = len(tokens)
    return {
        "token_embd.weight": matrix(size, WIDTH),
        "output_norm.weight": np.ones(WIDTH, np.float32),
        "output.weight": matrix(size, WIDTH) * _row_scales(tokens),
        "blk.0.attn_norm.weight": np.ones(WIDTH, np.float32),
        "blk.0.attn_q.weight": matrix(WIDTH, WIDTH),
        "blk.0.attn_k.weight": matrix(WIDTH, WIDTH),
        "blk.0.attn_v.weight": matrix(WIDTH, WIDTH),
        "blk.0.attn_output.weight": matrix(WIDTH, WIDTH),
        "blk.0.ffn_norm.weight": np.ones(WIDTH, np.float32),
        "blk.0.ffn_gate.weight": matrix(FEED_FORWARD, WIDTH),
        "blk.0.ffn_up.weight": matrix(FEED_FORWARD, WIDTH),
        "blk.0.ffn_down.weight": matrix(WIDTH, FEED_FORWARD),
    }


def _row_scales(tokens: list[str]) -> Weights:
    """How loud each token may speak; a column to multiply the output rows with.

    Hidden states have RMS 1 and rows have length 1, so a row scaled by s gives logits of deviation s.
    Readable text gets s = 3: the best of about 110 such tokens lies near 3 * 2.5 = 7.5. Special tokens
    and bytes that are no readable text get s = 0.01, so logits near 0, and with the server's default
    top_p and min_p they are never drawn: an answer is ASCII and ends at max_tokens.
    """
    return np.array([[3.0 if _is_readable(t) else 0.01] for t in tokens], np.float32)


def _is_readable(token: str) -> bool:
    text = token.replace("Ġ", " ")
    return token not in (TOOL_CALL, *SPECIALS) and text.isascii() and text.isprintable()
