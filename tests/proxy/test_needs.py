"""What a request shows to need of a model beside text, in every wire format; and what only looks like it."""

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.needs import Needs
from proxy.asked import asked_by
from proxy.estimate.shape import Shape
from proxy.lenient import NO_JSON
from proxy.needs import top_of
from proxy.top import Plain
from tests.proxy.bodies import CHAT, MODEL, chat_request, compact
from tests.proxy.client import call, get, post
from tests.proxy.forms import FORM, fields
from tests.proxy.message import chunked, message
from tests.proxy.running import Payback
from tests.proxy.upstream import Upstream

OPENAI, RESPONSES, ANTHROPIC = Shape.OPENAI_CHAT, Shape.OPENAI_RESPONSES, Shape.ANTHROPIC_MESSAGES
GEMINI, OLLAMA, GENERATE = Shape.GEMINI, Shape.OLLAMA_CHAT, Shape.OLLAMA_GENERATE
NOTHING, TOOLS, IMAGES, AUDIO = Needs.NOTHING, Needs.TOOLS, Needs.IMAGES, Needs.AUDIO
TOOL = {"type": "function", "function": {"name": "image", "parameters": {"enum": ["image", "image_url"]}}}
TEXT = {"type": "text", "text": "image_url"}
SOURCE = {"type": "base64", "media_type": "image/png", "data": "iVBORw0KGgo="}


def user(*parts: object, **more: object) -> dict[str, Any]:
    """A request with one message, of these parts."""
    return {"messages": [{"role": "system", "content": "x"}, {"role": "user", "content": parts}], **more}


def items(*listed: object, **more: object) -> dict[str, Any]:
    return {"input": [{"role": "user", "content": "x"}, *listed], **more}


def parts(*listed: object, **more: object) -> dict[str, Any]:
    return {"contents": [{"role": "user", "parts": [{"text": "image"}, *listed]}], **more}


def blob(mime_type: str) -> dict[str, str]:
    return {"mimeType": mime_type, "data": "iVBORw0KGgo="}


def result(content: object) -> dict[str, Any]:
    return {"type": "tool_result", "tool_use_id": "t", "content": content}


def document(**source: object) -> dict[str, Any]:
    return {"type": "document", "source": source}


PAGES = document(type="content", content=[{"type": "image", "source": SOURCE}])
SHOWN: list[tuple[Shape, dict[str, Any], Needs]] = [
    (OPENAI, user(TEXT, tools=[TOOL]), TOOLS),
    (OPENAI, user(TEXT, functions=[{"name": "f"}]), TOOLS),
    (OPENAI, user(TEXT, {"type": "image_url", "image_url": {"url": "data:"}}), IMAGES),
    (OPENAI, user({"type": "file", "file": {"file_id": "f"}}), IMAGES),
    (OPENAI, user({"type": "input_audio", "input_audio": {"data": "UklGRg=="}}), AUDIO),
    (OPENAI, user(TEXT, modalities=["text", "audio"], audio={"voice": "alloy"}), AUDIO),
    (OPENAI, user({"type": "image_url"}, {"type": "input_audio"}, tools=[TOOL]), TOOLS | IMAGES | AUDIO),
    (RESPONSES, items(tools=[{"type": "web_search"}]), TOOLS),
    (RESPONSES, {"input": "x", "tools": [{"type": "web_search"}]}, TOOLS),
    (RESPONSES, items({"role": "user", "content": [{"type": "input_image"}]}), IMAGES),
    (RESPONSES, items({"role": "user", "content": [{"type": "input_file"}]}), IMAGES),
    (RESPONSES, items({"type": "computer_call_output", "output": {"type": "computer_screenshot"}}), IMAGES),
    (RESPONSES, items({"type": "function_call_output", "output": [{"type": "input_image"}]}), IMAGES),
    (RESPONSES, items({"role": "user", "content": [{"type": "input_audio"}]}), AUDIO),
    (ANTHROPIC, user(TEXT, tools=[{"name": "f", "input_schema": {}}]), TOOLS),
    (ANTHROPIC, user(TEXT, mcp_servers=[{"type": "url"}]), TOOLS),
    (ANTHROPIC, user({"type": "image", "source": SOURCE}), IMAGES),
    (ANTHROPIC, user(document(type="base64", media_type="application/pdf", data="JVBE")), IMAGES),
    (ANTHROPIC, user({"type": "document"}), IMAGES),
    (ANTHROPIC, user(result([TEXT, {"type": "image", "source": SOURCE}])), IMAGES),
    (ANTHROPIC, user(result([PAGES])), IMAGES),
    (GEMINI, parts(tools=[{"functionDeclarations": []}]), TOOLS),
    (GEMINI, parts({"inlineData": blob("image/png")}), IMAGES),
    (GEMINI, parts({"file_data": {"mime_type": "application/pdf", "file_uri": "x"}}), IMAGES),
    (GEMINI, parts({"fileData": {"fileUri": "https://www.youtube.com/watch?v=x"}}), IMAGES),
    (GEMINI, {"contents": {"parts": {"inline_data": {"mime_type": "audio/wav", "data": ""}}}}, AUDIO),
    (GEMINI, parts({"functionResponse": {"parts": [{"inlineData": blob("image/png")}]}}), IMAGES),
    (GEMINI, parts(generationConfig={"responseModalities": ["AUDIO"]}), AUDIO),
    (GEMINI, parts(generation_config={"response_modalities": ["TEXT", "IMAGE"]}), IMAGES),
    (OLLAMA, {"messages": [{"content": "x"}], "tools": [TOOL]}, TOOLS),
    (OLLAMA, {"messages": [{"content": "x"}, {"content": "y", "images": ["iVBORw0KGgo="]}]}, IMAGES),
    (GENERATE, {"prompt": "x", "images": ["iVBORw0KGgo="]}, IMAGES),
]
DECOYS: list[tuple[Shape, dict[str, Any]]] = [
    (OPENAI, user(TEXT, {"type": "text", "text": '{"type":"image_url","image_url":{}}'})),
    (OPENAI, {"messages": [{"content": '[{"type":"image_url"}]'}], "metadata": {"type": "image_url"}}),
    (OPENAI, user(TEXT, response_format={"json_schema": {"properties": {"image": {"type": "image"}}}})),
    (OPENAI, user(TEXT, tools=[], functions=None, modalities=["text"], audio=None)),
    (OPENAI, {"messages": [{"content": None, "tool_calls": [{"type": "image"}]}, {"role": "user"}]}),
    (RESPONSES, {"input": '[{"type":"input_image"}]', "text": {"format": {"type": "image"}}}),
    (RESPONSES, items({"type": "function_call_output", "output": '[{"type":"input_image"}]'}, tools=[])),
    (RESPONSES, items({"type": "function_call", "arguments": '{"type":"image"}'}, conversation=None)),
    (ANTHROPIC, {**user(TEXT), "system": [{"type": "text", "text": "image"}]}),
    (ANTHROPIC, user(document(type="text", media_type="text/plain", data="image"))),
    (ANTHROPIC, user(document(type="content", content="image"), result("image"), result([TEXT]))),
    (ANTHROPIC, user({"type": "tool_use", "id": "t", "name": "f", "input": {"type": "image"}})),
    (GEMINI, parts({"text": '{"inlineData":{}}'}, {"inlineData": blob("text/plain")})),
    (GEMINI, parts({"functionCall": {"args": {"inlineData": blob("image/png")}}}, tools=[])),
    (GEMINI, parts(generationConfig={"responseModalities": ["TEXT"]}, toolConfig={})),
    (OLLAMA, {"messages": [{"content": '"images": ["x"]', "images": []}, {"images": None}], "tools": []}),
    (GENERATE, {"prompt": '"images": ["x"]', "images": []}),
    (Shape.OPENAI_COMPLETIONS, {"prompt": ["image_url", "x"]}),
]
UNKNOWN: list[tuple[Shape | None, dict[str, Any]]] = [
    (None, user({"type": "image_url"})),
    (Shape.OPENAI_EMBEDDINGS, {"input": "x"}),
    (OPENAI, {"messages": "x"}),
    (OPENAI, user({"type": 7})),
    (ANTHROPIC, user(result([7]))),
    (ANTHROPIC, user({"type": "document", "source": "x"})),
    (RESPONSES, {"input": "x", "previous_response_id": "resp_1"}),
    (RESPONSES, {"input": "x", "conversation": {"id": "c"}}),
    (RESPONSES, {"prompt": {"id": "p"}}),
    (RESPONSES, items({"type": "item_reference", "id": "i"})),
    (GEMINI, parts(cachedContent="cachedContents/1")),
    (OLLAMA, {"messages": [{"images": "x"}]}),
]


def needs_of(document: object, shape: Shape | None) -> Needs | None:
    return asked_by(compact(document), shape=shape).needs


@pytest.mark.parametrize(("shape", "request_", "needs"), SHOWN)
def test_what_is_in_a_request_is_a_need_of_the_call(
    shape: Shape, request_: dict[str, Any], needs: Needs
) -> None:
    assert needs_of(request_, shape) == needs


@pytest.mark.parametrize(("shape", "request_"), DECOYS)
def test_what_only_speaks_of_images_tools_and_sound_needs_none(
    shape: Shape, request_: dict[str, Any]
) -> None:
    assert needs_of(request_, shape) == NOTHING


@pytest.mark.parametrize(("shape", "request_"), UNKNOWN)
def test_what_is_not_seen_is_not_known_and_not_nothing(shape: Shape | None, request_: dict[str, Any]) -> None:
    """Turns that upstream keeps may hold images; what is written otherwise than we know it, anything."""
    assert needs_of(request_, shape) is None


def test_a_need_that_is_seen_counts_though_the_rest_is_elsewhere() -> None:
    kept = items(previous_response_id="resp_1", tools=[{"type": "web_search"}])
    assert needs_of(kept, RESPONSES) == TOOLS


def test_results_within_results_are_not_followed_to_the_end() -> None:
    """Each level is read once more than the one above it: a long body would hold up every other call."""
    inner: object = [{"type": "image", "source": SOURCE}]
    for _ in range(200):
        inner = [result(inner)]
    assert needs_of(user(*inner), ANTHROPIC) == NOTHING  # type: ignore[misc]


ALL = [*SHOWN, *((shape, request_, NOTHING) for shape, request_ in DECOYS)]


@settings(deadline=None)
@given(st.sampled_from(ALL), st.text(max_size=20), st.sampled_from([None, 1]), st.booleans())
def test_no_language_and_no_layout_changes_what_a_request_needs(
    case: tuple[Shape, dict[str, Any], Needs], text: str, indent: int | None, escaped: bool
) -> None:
    """Text beyond ASCII is read another way."""
    shape, request_, needs = case
    written = json.dumps({"user": text, **request_}, indent=indent, ensure_ascii=escaped)
    assert asked_by(written.encode("utf-8", "surrogatepass"), shape=shape).needs == needs


@settings(deadline=None)
@given(st.sampled_from([OPENAI, RESPONSES, ANTHROPIC, GEMINI, OLLAMA, GENERATE]), st.text())
def test_whatever_a_prompt_says_it_is_text(shape: Shape, text: str) -> None:
    asked = {
        "messages": [{"role": "user", "content": text}, {"content": [{"type": "text", "text": text}]}],
        "input": [{"role": "user", "content": text}, {"type": "function_call_output", "output": text}],
        "contents": [{"parts": [{"text": text}]}],
        "prompt": text if shape is GENERATE else None,
        "system": text,
    }  # fmt: skip
    assert needs_of(asked, shape) == NOTHING


NAMES = st.sampled_from([
    "messages", "content", "type", "tools", "source", "images", "contents", "parts", "input", "output",
    "inlineData", "mimeType", "functionResponse", "generationConfig", "modalities",
])  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.sampled_from(["", "text", "image", "é"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@settings(deadline=None)
@given(st.sampled_from([None, *Shape]), st.dictionaries(NAMES, JSON), st.sampled_from([MODEL, 7, None]))
def test_whatever_stands_beside_it_the_model_is_read(
    shape: Shape | None, members: dict[str, Any], model: object
) -> None:
    """A request of an odd form goes where its model says, and is priced as that."""
    text = compact({**members, "model": model})
    assert top_of(text, shape).model == model
    asked_by(text, shape=shape)  # raises nothing


def test_where_nothing_is_looked_for_what_is_charged_for_is_kept() -> None:
    top = top_of(b'{"n":2,"input":"x","tools":[{}]}', None)
    assert isinstance(top, Plain)
    assert (top.n, bytes(top.input), top.needs()) == (2, b'"x"', None)


@pytest.mark.parametrize("shape", [None, *Shape])
@pytest.mark.parametrize(
    "text", [b"", b"[]", b"{", b'{"messages":[}', b"\xff", b'{"messages":' + b"[" * 9999]
)
def test_what_is_no_json_object_is_that_in_every_format(shape: Shape | None, text: bytes) -> None:
    with pytest.raises(NO_JSON):
        top_of(text, shape)


@pytest.mark.parametrize("shape", [None, *Shape])
def test_text_that_is_no_unicode_costs_no_model(shape: Shape | None) -> None:
    """It is passed over where nothing is looked for; there, it would have to be made."""
    text = b'{"model":"m","messages":[{"content":"\xff"}],"input":"\xff","contents":[{"parts":"\xff"}]}'
    assert top_of(text, shape).model == "m"


@pytest.mark.parametrize("shape", [None, *Shape])
@pytest.mark.parametrize(
    "odd",
    [r'"user":"\ud83d"', '"temperature":NaN', '"x":' + "[" * 2000 + "]" * 2000],
    ids=["half", "NaN", "deep"],
)
def test_a_request_that_is_json_for_most_is_read_as_they_read_it(shape: Shape | None, odd: str) -> None:
    """Read as nothing, it would go where calls without a model go."""
    text = f'{{{odd},"model":"m","stream":true,"messages":[{{"content":"x"}}]}}'.encode()
    top = top_of(text, shape)
    assert (top.model, top.stream) == ("m", True)
    assert top_of(b"\xef\xbb\xbf" + text, shape).model == "m"


IMAGE = {"type": "image_url", "image_url": {"url": "data:image/png;base64,iVBORw0KGgo="}}
PATHS: list[tuple[str, dict[str, Any], Needs | None]] = [
    (CHAT, {"model": MODEL, **user(IMAGE, tools=[TOOL])}, TOOLS | IMAGES),
    (CHAT, {"model": MODEL, **user(TEXT)}, NOTHING),
    ("/v1/responses", {"model": MODEL, **items({"content": [{"type": "input_image"}]})}, IMAGES),
    ("/v1/messages", {"model": MODEL, **user({"type": "image", "source": SOURCE})}, IMAGES),
    ("/v1beta/models/m:generateContent", parts({"inlineData": blob("audio/wav")}), AUDIO),
    ("/v1beta/models/m:streamGenerateContent", parts(tools=[{"googleSearch": {}}]), TOOLS),
    ("/api/chat", {"model": MODEL, "messages": [{"content": "x", "images": ["aQ=="]}]}, IMAGES),
    ("/api/generate", {"model": MODEL, "prompt": "x"}, NOTHING),
    ("/v1/audio/speech", {"model": MODEL, "input": "x"}, AUDIO),
    ("/v1/embeddings", {"model": MODEL, "input": "x"}, None),
    ("/v1/files", {"messages": [{"content": [IMAGE]}]}, None),
]


@pytest.mark.parametrize(("path", "request_", "needs"), PATHS)
async def test_the_row_has_what_the_request_needed(
    upstream: Upstream, payback: Payback, path: str, request_: dict[str, Any], needs: Needs | None
) -> None:
    await call(payback.port, post(path, compact(request_)))
    assert (await payback.row()).call.needs == needs


async def test_a_body_that_is_not_read_needs_nobody_knows_what(upstream: Upstream, payback: Payback) -> None:
    await call(payback.port, post(CHAT, b"not JSON"))
    await call(payback.port, post("/v1/audio/transcriptions", fields(model="m"), FORM))
    await call(payback.port, post("/v1/images/edits", fields(model="m"), FORM))
    await call(payback.port, get("/v1/models"))
    assert [row.call.needs for row in await payback.ended(4)] == [None, AUDIO, None, None]


async def test_a_need_is_known_from_the_start_on_and_in_each_attempt(
    upstream: Upstream, payback: Payback
) -> None:
    """A call that never ends has asked for it all the same."""
    body = chat_request(tools=[TOOL])
    head = [("Host", "payback.test"), ("Content-Type", "application/json"), ("Transfer-Encoding", "chunked")]
    request = message(f"POST {CHAT} HTTP/1.1", head, chunked(body[:20], body[20:]))
    await call(payback.port, request)
    assert (await payback.row()).call.needs == TOOLS
