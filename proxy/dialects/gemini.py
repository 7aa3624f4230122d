"""Gemini's generateContent, at Google AI and at Vertex AI.

Source: https://ai.google.dev/api/generate-content, read 2026-11-22. usageMetadata stands beside the
candidates (what it counts: gemini_usage); a stream has it on each of its parts, counted from the start. The
path names the model that was asked for, modelVersion the one that answered. A blocked prompt has
promptFeedback, and is charged for its input.

Grounding with Google Search is charged beside tokens (https://ai.google.dev/gemini-api/docs/pricing and
.../docs/google-search): up to Gemini 2.5 for a prompt that was grounded, however often it searched, since
Gemini 3 for each different query that is not empty. usageMetadata.billedToolCalls, where it is there, counts
what is charged. The prompts that are free each day or month are not taken off: no answer shows who is over
them. Grounding with Google Maps is charged too, and is not counted here."""

import re
from typing import Any

import msgspec

from ledger.units import Units
from ledger.usage import TokenUsage
from proxy.dialects import gemini_usage
from proxy.dialects.counted import counted
from proxy.dialects.dialect import Dialect
from proxy.dialects.reading import Reading, name_of
from proxy.estimate.shape import Shape
from proxy.lenient import decoded_or_none

OPERATION = "generate_content"
MARKS = (b'"usageMetadata"', b'"groundingMetadata"')
MOST_SEARCHES = 1000
"""Of one answer; what is remembered of an endless stream is bounded."""
_CHARGED_BY_THE_PROMPT = ("gemini-1", "gemini-2")


class _Part(msgspec.Struct, rename="camel"):
    """An answer, or a part of a stream."""

    model_version: Any = None
    usage_metadata: Any = None
    prompt_feedback: Any = None
    candidates: msgspec.Raw = msgspec.Raw(b"")


class _Candidate(msgspec.Struct, rename="camel"):
    grounding_metadata: Any = None


_decoder = msgspec.json.Decoder(_Part)
_parts_decoder = msgspec.json.Decoder(list[_Part])
_candidates_decoder = msgspec.json.Decoder(list[_Candidate])


class Reader:
    """Of one answer: a document, the parts of a stream, or the list of them."""

    def __init__(self, *, is_stream: bool = False) -> None:
        self._model: str | None = None
        self._service_tier: str | None = None
        self._usage: TokenUsage | None = None
        self._reported: object = None
        self._problem: str | None = None
        self._queries: set[int] = set()
        """Hashes: what was searched for is nobody's business."""
        self._billed_searches: int | None = None
        self._is_final = not is_stream

    def __call__(self, document: bytes) -> Reading | None:
        self._usage = self._reported = self._problem = None
        text = document.strip(b" \t\r\n")
        parts = _parts_of(text)
        self._is_final |= text.endswith(b"]")
        for part in parts:
            self._note(part)
        return self._reading() if parts else None

    def _reading(self) -> Reading:
        searches = self._searches()
        return Reading(
            model=self._model,
            service_tier=self._service_tier,
            usage=self._usage,
            reported=self._reported,
            units=Units(web_searches=searches) if searches else None,
            problem=self._problem,
            is_partial=not self._is_final,
        )

    def _note(self, part: _Part) -> None:
        candidates = bytes(part.candidates)
        self._model = name_of(part.model_version) or self._model
        self._is_final |= b'"finishReason"' in candidates or part.prompt_feedback is not None
        if b'"groundingMetadata"' in candidates:
            self._note_queries(candidates)
        metadata = part.usage_metadata
        if isinstance(metadata, dict):
            self._service_tier = gemini_usage.tier_of(metadata) or self._service_tier
            self._billed_searches = _billed_searches(metadata) or self._billed_searches
            if not gemini_usage.says_counts(metadata):
                return
        usage, problem = counted(metadata, gemini_usage.usage_of)
        if usage or (metadata is not None and self._usage is None):
            self._reported = metadata
        self._usage, self._problem = usage or self._usage, problem or self._problem

    def _note_queries(self, candidates: bytes) -> None:
        for candidate in decoded_or_none(_candidates_decoder, candidates) or ():
            grounding = candidate.grounding_metadata
            queries = grounding.get("webSearchQueries") if isinstance(grounding, dict) else None
            for query in queries if isinstance(queries, list) else ():
                if isinstance(query, str) and query and len(self._queries) < MOST_SEARCHES:
                    self._queries.add(hash(query))

    def _searches(self) -> int:
        if self._billed_searches is not None:
            return self._billed_searches
        return charged_searches(len(self._queries), self._model)


def charged_searches(searches: int, model: str | None) -> int:
    """How many of them are charged.

    >>> charged_searches(3, "gemini-2.5-flash"), charged_searches(3, "gemini-3.5-flash")
    (1, 3)
    """
    return min(searches, 1) if (model or "").startswith(_CHARGED_BY_THE_PROMPT) else searches


def _billed_searches(usage: dict[str, Any]) -> int | None:
    """Seen on the wire: [{"tool": "GOOGLE_SEARCH_RETRIEVAL", "successfulToolCallCount": 2}]."""
    calls = usage.get("billedToolCalls")
    counts = [
        call.get("successfulToolCallCount")
        for call in (calls if isinstance(calls, list) else ())
        if isinstance(call, dict) and str(call.get("tool")).lower().startswith("google_search")
    ]
    known = [count for count in counts if type(count) is int and 0 <= count <= MOST_SEARCHES]
    return sum(known) if known else None


def _parts_of(text: bytes) -> list[_Part]:
    """[] where it is none of these. The end of a long list is one part, and the list's closing bracket."""
    if text.startswith(b"["):
        return decoded_or_none(_parts_decoder, text) or []
    part = decoded_or_none(_decoder, text.removesuffix(b"]").rstrip(b" \t\r\n"))
    return [] if part is None else [part]


def method_path(*methods: str) -> "re.Pattern[str]":
    """Paths of methods of a model. At Vertex a model may be tuned, or an endpoint that stands for one.

    >>> method_path("generateContent").search("/v1beta/models/gemini-2.5-pro:generateContent")["model"]
    'gemini-2.5-pro'
    """
    return re.compile(rf"/(?:models|tunedModels|endpoints)/(?P<model>[^/:]+):(?:{'|'.join(methods)})/?$")


DIALECT = Dialect(
    operation=OPERATION,
    path=method_path("generateContent"),
    reader=Reader,
    marks=MARKS,
    shape=Shape.GEMINI,
)
