"""The section of the configuration about upstreams: where calls may go."""

import re
from ipaddress import ip_address

from pydantic import Field, model_validator
from yarl import URL

from payback.secret import Secret
from payback.section import Section
from payback.setting_types import Text, Texts, UpstreamName

_PRIVATE_ENDINGS = (".local", ".internal", ".lan", ".home.arpa", ".localhost", ".test")


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
    failover: UpstreamName | None = Field(
        None,
        description="Another upstream, which is asked where this one cannot be reached, or answers 502, 503,"
        " 504 or 529. It needs an api_key or self_hosted = true: a client's own key never goes there.",
        examples=["ollama"],
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
