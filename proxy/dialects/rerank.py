"""Reranking: Cohere's API and those made after it, and vLLM's scores.

Sources, read 2026-11-22:
- https://docs.cohere.com/reference/rerank: meta.billed_units.search_units; meta.tokens is not what is
  billed. SiliconFlow bills by tokens: meta.billed_units.input_tokens, its search_units are 0
  (https://docs.siliconflow.com/en/api-reference/rerank/create-rerank).
- https://jina.ai/reranker, https://docs.voyageai.com/reference/reranker-api,
  https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html (/rerank and /score), llama.cpp's
  tools/server/README.md: usage.total_tokens, at some with prompt_tokens beside it; all of it is input.
- https://openrouter.ai/docs/api-reference/rerank: usage.search_units;
  https://docs.pinecone.io/reference/api/latest/inference/rerank: usage.rerank_units."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from ledger.units import Units
from ledger.usage import MAX_TOKENS, TokenUsage
from proxy.dialects import openai_usage, upstream_cost
from proxy.dialects.counted import Counted, counted, part, together
from proxy.dialects.dialect import Dialect, ends_with
from proxy.dialects.reading import Reading, name_of
from proxy.lenient import decoded_or_none


class _Top(msgspec.Struct):
    model: Any = None
    usage: Any = None
    meta: Any = None


_decoder = msgspec.json.Decoder(_Top, float_hook=upstream_cost.exact)


def read(document: bytes) -> Reading | None:
    """None where *document* is no JSON object."""
    top = decoded_or_none(_decoder, document)
    if top is None:
        return None
    billed = part(top.meta, "billed_units")
    units, wrong = _units(billed, part({"usage": top.usage}, "usage"))
    usage, problem = _usage(billed, top.usage) if units is None else (None, None)
    return Reading(
        model=name_of(top.model),
        usage=usage,
        units=units,
        reported=together(top.usage, meta=top.meta),
        upstream_cost=upstream_cost.claimed_in(top.usage),
        problem=problem or wrong,
    )


def _units(billed: Mapping[str, Any], usage: Mapping[str, Any]) -> tuple[Units | None, str | None]:
    stated = billed.get("search_units") or usage.get("search_units") or usage.get("rerank_units")
    if not stated:
        return None, None
    try:
        return Units(search_units=_whole(stated)), None
    except ValueError:
        return None, "search units in the answer are not a count"


def _whole(stated: Any) -> Any:
    """Cohere's SDK reads the count as a float."""
    if isinstance(stated, Decimal) and stated.is_finite() and 0 <= stated <= MAX_TOKENS:
        return int(stated) if stated == int(stated) else stated
    return stated


def _usage(billed: Mapping[str, Any], usage: object) -> Counted:
    if billed.get("input_tokens"):
        return counted(billed, _billed_usage_of)
    return counted(usage or None, _usage_of)


def _billed_usage_of(billed: Mapping[str, Any]) -> TokenUsage:
    return TokenUsage(input_tokens=billed["input_tokens"], output_tokens=billed.get("output_tokens", 0))


def _usage_of(usage: Mapping[str, Any]) -> TokenUsage:
    if usage.get("prompt_tokens") is None:
        return TokenUsage(input_tokens=usage.get("total_tokens"))  # type: ignore[arg-type]  # refused if none
    return openai_usage.usage_of(usage)


DIALECT = Dialect(
    operation="rerank",
    path=ends_with("/rerank", "/reranking", "/score"),
    reader=lambda: read,
)
