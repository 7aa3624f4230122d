"""The sections of the configuration: what can be set, with defaults, units and reasons."""

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from yarl import URL

from payback.secret import Secret
from payback.section import Section
from payback.toml_text import toml_of
from proxy import credential

LONGEST_NAME = 200
_TAKEN_PREFIXES = frozenset({"v1", "v1beta", "api"})
"""First segments of the paths of APIs: an upstream of that name would swallow everybody's calls."""
_PRIVATE_ENDINGS = (".local", ".internal", ".lan", ".home.arpa", ".localhost", ".test")


def _as_decimal(value: object) -> object:
    """Exact: a text, or a number as tomllib.loads(parse_float=Decimal) gives it."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return value
    try:
        return Decimal(value)
    except InvalidOperation:
        raise ValueError('write USD, such as "3.00"') from None


def _upstream_name(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]*", name):
        raise ValueError("write letters, digits, - and _, first a letter or a digit: paths begin with it")
    if name in _TAKEN_PREFIXES:
        raise ValueError(f"paths of APIs begin with /{name}/; write another name")
    return name


def _host(name: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\]", name):
        raise ValueError("write a host name alone, such as payback.example, without scheme and port")
    return name


def _header_patterns(patterns: dict[str, str]) -> dict[str, str]:
    for name in patterns:
        if not re.fullmatch(r"[\w!#$%&'*+.^`|~-]+", name, re.ASCII):
            raise ValueError(f"{toml_of(name)} is no name of a header; write one, such as X-Team")
        if name.lower() in map(str.lower, credential.HEADERS):
            raise ValueError(f"{name} holds a secret; name that in a [[key]], and match its key")
    return patterns


Text = Annotated[str, Field(min_length=1, max_length=LONGEST_NAME)]
Texts = Annotated[tuple[Text, ...], Field(strict=False)]
Hosts = Annotated[tuple[Annotated[str, AfterValidator(_host)], ...], Field(strict=False)]
HeaderPatterns = Annotated[dict[Text, Text], AfterValidator(_header_patterns)]
UpstreamName = Annotated[Text, AfterValidator(_upstream_name)]
Seconds = Annotated[float, Field(allow_inf_nan=False)]
File = Annotated[Path, Field(strict=False)]
Usd = Annotated[Decimal, BeforeValidator(_as_decimal), Field(ge=0, allow_inf_nan=False, max_digits=18)]


class Server(Section):
    """Where payback listens, and how long it waits."""

    host: Text = Field(
        "127.0.0.1", description="The address to listen on; any other than loopback needs report.password."
    )
    port: int = Field(8300, ge=0, le=65535, description="The port to listen on; 0: any that is free.")
    connect_timeout_s: Seconds = Field(
        10, gt=0, description="Seconds until an upstream that does not take the connection is given up."
    )
    idle_timeout_s: Seconds = Field(
        600,
        gt=0,
        description="Seconds of silence until an upstream is given up; some models think for minutes.",
    )
    when_client_leaves: Literal["cancel", "drain"] = Field(
        "cancel",
        description='When a client leaves within an answer: "cancel" the call upstream, or "drain" the'
        " answer, to know what it comes to.",
    )
    drain_limit_s: Seconds = Field(
        120,
        gt=0,
        description="Seconds for which such an answer is heard out; then it is cancelled after all.",
    )
    drain_s: Seconds = Field(30, ge=0, description="Seconds for which calls under way may go on at the end.")
    read_body_mib: int = Field(
        32, ge=1, le=1024, description="MiB; a longer request passes unread: its model stays unknown."
    )


class Ledger(Section):
    """What is written down, and what happens when it cannot be."""

    url: Text | None = Field(
        None,
        description="A path. Left out: payback.db in the folder for application data.",
        examples=["payback.db"],
    )
    spool: File | None = Field(
        None,
        description="A file that takes the records while the ledger cannot be written, best on another disk."
        " Left out: beside the ledger.",
        examples=["/var/spool/payback/payback.spool"],
    )
    when_unrecordable: Literal["refuse", "pass"] = Field(
        "refuse",
        description='When ledger and spool have both failed: "refuse" new calls, or "pass" them unrecorded.',
    )
    max_names: int = Field(
        10_000,
        ge=1,
        le=1_000_000,
        description="Different names of each kind (workload, project, user, key, client, model) that one run"
        " takes from calls; further ones are written as other.",
    )


class Report(Section):
    """The pages under /-/report."""

    password: Secret | None = Field(
        None,
        description="Needed on any other address than loopback. Browsers ask for it; any user name will do.",
        examples=[{"env": "PAYBACK_REPORT_PASSWORD"}],
    )
    hosts: Hosts = Field(
        (),
        description="Host names, besides localhost, under which the pages are answered without a password.",
    )


class Log(Section):
    """What payback says while it runs, on standard error. Never what calls say."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        "warning", description='From which level on; serve --verbose is "info".'
    )
    format: Literal["text", "json"] = Field(
        "text",
        description='"json": each line is an object with time, level, event, and the call_id where there is'
        " one; so is what is said at the start, on standard output.",
    )


class UpstreamSettings(Section):
    """Where calls may go, a block for each. openai, anthropic, google and ollama are built in; a block of
    such a name replaces it."""

    name: UpstreamName = Field(description="Also the path prefix: /lab/v1/... goes here.", examples=["lab"])
    base_url: Text = Field(
        description="As the provider's documentation writes it; a final /v1 is understood.",
        examples=["http://127.0.0.1:8000/v1"],
    )
    models: Texts = Field((), description="Patterns of request models that go here.", examples=[["llama*"]])
    provider: Text | None = Field(
        None,
        description="Whose prices apply. Left out: told from the host, or else the upstream's own name.",
        examples=["openai"],
    )
    self_hosted: bool = Field(
        False, description="Not billed per token: its costs are those of the hardware.", examples=[True]
    )
    api_key: Secret | None = Field(
        None,
        description="Sent there in place of the client's own key. Left out: the client's passes through.",
        examples=[{"env": "LAB_KEY"}],
    )
    include_usage: bool | None = Field(
        None,
        description="Ask for the usage of streams where clients do not. Left out: where it has an effect.",
        examples=[True],
    )
    plain_http: bool = Field(
        False, description="Allow http:// to a public address, where others can read along."
    )

    @model_validator(mode="after")
    def _usable(self) -> "UpstreamSettings":
        url = _parsed(self.base_url)
        if url.scheme not in ("http", "https") or not url.host:
            raise ValueError("base_url is no address; write it as https://host/v1 or http://host:port/v1")
        if (
            url.user
            or url.password
            or url.query_string
            or url.fragment
            or re.search(r"[\s?#@]", self.base_url)
        ):
            raise ValueError("base_url holds more than host, port and path; write keys into api_key")
        if url.scheme == "http" and not self.plain_http and _is_public(url.host):
            raise ValueError("base_url sends prompts and keys in clear; write https://, or plain_http = true")
        return self


def _parsed(base_url: str) -> URL:
    try:
        return URL(base_url)
    except ValueError:
        return URL()


def _is_public(host: str) -> bool:
    try:
        return ip_address(host).is_global
    except ValueError:
        name = host.rstrip(".").lower()
        return "." in name and not name.endswith(_PRIVATE_ENDINGS)


class PriceSettings(Section):
    """Prices that go before the catalogue's, or that it lacks: USD, as text or number. mtok is a million
    tokens, mchar a million characters."""

    provider: Text = Field(description="As the upstream's provider.", examples=["openai"])
    model: Text = Field(
        description="May be a pattern; a name that is written out goes first.", examples=["my-model"]
    )
    since: date = Field(
        date(1970, 1, 1),
        alias="from",
        description="The first day (UTC) on which it holds, until a later one does.",
        examples=[date(2026, 1, 1)],
    )
    service_tier: Text = Field("standard", description="As answers name it, such as priority.")
    input_usd_per_mtok: Usd | None = Field(
        None, description="Input that is neither cached nor audio nor image.", examples=["3.00"]
    )
    cache_read_usd_per_mtok: Usd | None = Field(
        None, description="Input read from the provider's cache.", examples=["0.30"]
    )
    cache_write_usd_per_mtok: Usd | None = Field(
        None, description="Input written into the cache.", examples=["3.75"]
    )
    cache_write_1h_usd_per_mtok: Usd | None = Field(
        None, description="Input written into the cache for an hour.", examples=["6.00"]
    )
    input_audio_usd_per_mtok: Usd | None = Field(None, description="Audio input.", examples=["40.00"])
    output_usd_per_mtok: Usd | None = Field(
        None, description="Output that is not priced below.", examples=["15.00"]
    )
    output_reasoning_usd_per_mtok: Usd | None = Field(
        None, description="Reasoning. Left out: as other output.", examples=["15.00"]
    )
    output_audio_usd_per_mtok: Usd | None = Field(None, description="Audio output.", examples=["80.00"])
    input_image_usd_per_mtok: Usd | None = Field(None, description="Image input.", examples=["8.00"])
    output_image_usd_per_mtok: Usd | None = Field(None, description="Image output.", examples=["32.00"])
    cache_read_audio_usd_per_mtok: Usd | None = Field(
        None, description="Audio input read from the cache.", examples=["0.40"]
    )
    cache_read_image_usd_per_mtok: Usd | None = Field(
        None, description="Image input read from the cache.", examples=["2.00"]
    )
    usd_per_image: Usd | None = Field(
        None, description="An image made, where that is not charged in tokens.", examples=["0.04"]
    )
    usd_per_audio_hour: Usd | None = Field(
        None,
        description="An hour of audio, transcribed or made; 0.006 a minute is 0.36.",
        examples=["0.36"],
    )
    usd_per_mchar: Usd | None = Field(
        None, description="A million characters that speech is made from.", examples=["15.00"]
    )
    usd_per_1k_web_searches: Usd | None = Field(
        None, description="A thousand web searches.", examples=["10.00"]
    )
    usd_per_1k_file_searches: Usd | None = Field(
        None, description="A thousand searches in stored files.", examples=["2.50"]
    )
    usd_per_1k_search_units: Usd | None = Field(
        None, description="A thousand search units of a reranker.", examples=["2.00"]
    )
    usd_per_1k_pages: Usd | None = Field(
        None, description="A thousand pages of documents.", examples=["1.00"]
    )

    @model_validator(mode="after")
    def _has_a_rate(self) -> "PriceSettings":
        if not any(value is not None for name, value in self if "usd_per_" in name):
            raise ValueError("there is no rate; write one at least, such as input_usd_per_mtok")
        return self


class AliasSettings(Section):
    """Models that are priced under another name, such as an Azure deployment."""

    model: Text = Field(description="May be a pattern.", examples=["my-deployment"])
    priced_as: Text = Field(description="The name in the price list.", examples=["gpt-4o-mini"])
    provider: Text | None = Field(None, description="Left out: at every provider.", examples=["azure"])
    since: date = Field(
        date(1970, 1, 1),
        alias="from",
        description="The first day (UTC) on which it holds.",
        examples=[date(2026, 1, 1)],
    )


class KeySettings(Section):
    """Keys of callers that have a name: the report shows it in place of a hash."""

    name: Text = Field(description="As the report shows it, and as rules match it.", examples=["ci"])
    secret: Secret = Field(
        description="The key that the caller sends; nothing but a hash of it is kept.",
        examples=[{"env": "CI_KEY"}],
    )


class WorkloadMatch(Section):
    """Patterns; all that are given must fit. None given: every call fits, for a last rule."""

    key: Text | None = Field(
        None, description="the key's name, or its label in the report", examples=["key-1a2b3c*"]
    )
    model: Text | None = Field(None, description="the request's model", examples=["gpt-*"])
    path: Text | None = Field(None, description="the request's path", examples=["/v1/chat/*"])
    client: Text | None = Field(None, description="the product of the User-Agent", examples=["OpenAI/*"])
    project: Text | None = Field(None, description="the call's project", examples=["customer-care"])
    user: Text | None = Field(None, description="the call's user", examples=["web"])
    user_agent: Text | None = Field(None, description="the whole User-Agent", examples=["*langchain*"])
    header: HeaderPatterns | None = Field(
        None,
        description="headers, by name in any case; one that is not sent fits nothing",
        examples=[{"X-Team": "search*"}],
    )


class WorkloadSettings(Section):
    """Which calls are one workload, where they do not say so themselves. The first that fits counts."""

    name: Text = Field(description="As the report shows it.", examples=["support-bot"])
    match: WorkloadMatch = Field(description="Patterns; all that are given must fit.")
