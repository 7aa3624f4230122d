"""What clients send: bodies, forms, headers that say who pays, ids of calls."""

import json
from collections.abc import Sequence
from typing import Any

from multidict import CIMultiDict

from ledger.call import Attribution
from ledger.ids import read_call_id, render_call_id
from proxy.aliases import FIELDS
from proxy.asked import Asked, asked_by
from proxy.attribution import Attributor
from proxy.body_names import BodyNames
from proxy.bounds import LONGEST_NAME
from proxy.credential import without_key
from proxy.dialects.dialect import Streams
from proxy.estimate.request_text import text_of_request
from proxy.include_usage import with_usage_asked
from proxy.tags import LONGEST_TAGS
from tests.fuzz.seeds import FORM_TYPE, requests
from tests.fuzz.target import Fed, Seed, Target, opening
from tests.fuzz.targets.answers import COMPRESS, dialect_for
from tests.proxy.bodies import STREAM_REQUEST

LONGEST_INFLATED = 1 << 20


def body(fed: Fed) -> None:
    """What is asked is understood or not; what is sent on is what came, or that and the wish for usage."""
    dialect = dialect_for(fed)
    encoding = fed.chance.choice((None, None, None, "gzip", "BR", "zstd", "deflate", "nonsense"))
    data = COMPRESS[encoding.lower()](fed.data) if encoding and encoding.lower() in COMPRESS else fed.data
    asked = asked_by(
        data,
        encoding,
        dialect.streams,
        LONGEST_INFLATED,
        form_type=FORM_TYPE if dialect.is_form else "",
        units_asked=dialect.units_asked,
        shape=dialect.shape,
    )
    assert asked.body == data
    assert asked.model is None or 0 < len(asked.model) <= LONGEST_NAME
    if encoding in (None, "gzip", "zstd") and asked.text is not None:
        assert asked.text == fed.data
    if dialect.shape is not None:
        text_of_request(fed.data, dialect.shape)
    if (
        asked.stream
        and dialect.streams is Streams.ON_REQUEST
        and asked.text is not None
        and not dialect.is_form
    ):
        _asking_for_usage_adds_that_alone(asked, asked.text)
    _is_bounded(ATTRIBUTOR.of(CIMultiDict(), "/v1/x", asked.model, names=asked.names))


def _asking_for_usage_adds_that_alone(asked: Asked, text: bytes) -> None:
    edited = with_usage_asked(text, asked.stream_options)
    if edited is None or len(text) > 20_000:
        return
    before, after = _members(text), _members(edited)
    if before is None:  # msgspec takes some texts for JSON that Python does not
        return
    assert after is not None, "what is sent on is no longer JSON"
    options = after.pop("stream_options")
    assert options["include_usage"] is True
    told = before.pop("stream_options", None) or {}
    assert options == {**told, "include_usage": True}
    assert repr(after) == repr(before)  # NaN is not equal to itself


def _members(text: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


SECRET = b"of this ledger"
ATTRIBUTOR = Attributor([], SECRET)
CREDENTIAL = "sk-canary-0123456789abcdef0123"
HEADERS = (
    *(name for names in FIELDS.values() for name in names), "x-payback-tags", "x-litellm-tags",
    "cf-aig-metadata", "x-litellm-spend-logs-metadata", "helicone-property-team", "user-agent",
    "authorization", "x-api-key", "sec-websocket-protocol",
)  # fmt: skip


def headers(fed: Fed) -> None:
    """A line for each header, the last for the body's user; names are bounded and hold no credential."""
    lines = fed.data.decode("utf-8", "surrogateescape").split("\n")
    pairs = [line.partition(":")[::2] for line in lines]
    sent = CIMultiDict([("Authorization", f"Bearer {CREDENTIAL}")])  # the first is the one that counts
    sent.extend([(name, value.strip()) for name, value in pairs])
    names = BodyNames(user=lines[-1], metadata={"user_id": lines[0], lines[-1]: lines[0]})
    query = f"key={CREDENTIAL}&{lines[-1]}"
    who = Attributor([], SECRET).of(sent, "/v1/x", "m", query, names)
    _is_bounded(who)
    assert CREDENTIAL not in repr(who)
    assert f"key={CREDENTIAL}" not in without_key(f"/v1/x?{query}")


def _is_bounded(who: Attribution) -> None:
    """What the ledger is to hold of it is text of one line, and not too long."""
    for field in who.__struct_fields__:
        told = getattr(who, field)
        if told is not None:
            assert told.isprintable(), field
            assert 0 < len(told) <= (LONGEST_TAGS if field == "tags" else LONGEST_NAME), field


def told_headers() -> Sequence[Seed]:
    values = [
        "support-bot",
        "team=search,env=prod",
        '{"team":"a","n":3,"deep":{"a":1}}',
        "user_a_account_b_session_c",
    ]
    values += ["https://app.example:8080/x?y", "OpenAI/Python 2.8.0", f"prefix {CREDENTIAL} suffix"]
    told = [f"{name}: {value}" for name in HEADERS for value in values]
    return [Seed("headers", "\n".join(told[place::17]).encode()) for place in range(17)]


def call_id(fed: Fed) -> None:
    """Text is the id of one call or of none."""
    text = fed.data.decode("utf-8", "surrogateescape")
    found = read_call_id(text)
    if found is not None:
        assert render_call_id(found) == text.lower()


TARGETS = (
    Target(
        name="requests",
        promise="a body is understood or passes as it is; asking for its usage changes nothing else in it",
        seeds=requests,
        open=opening(body),
        small_runs=700,
        words=(b'"stream":true,', b'"stream_options":', b'{"include_usage":true}', b"--x-y", STREAM_REQUEST),
    ),
    Target(
        name="attribution",
        promise="who pays is told in bounded, printable names, and never in a credential",
        seeds=told_headers,
        open=opening(headers),
        small_runs=1000,
        words=(CREDENTIAL.encode(), b"=", b"%20", b"\n"),
    ),
    Target(
        name="ids",
        promise="an id is read as the one call that it names",
        seeds=lambda: [Seed("id", b"018bcfe5-6800-7800-8000-000000000000"), Seed("id", b"0" * 36)],
        open=opening(call_id),
        small_runs=2000,
    ),
)
