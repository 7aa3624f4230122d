"""The sections of the configuration about callers: names of their keys, and what is one workload."""

from pydantic import Field

from payback.secret import Secret
from payback.section import Section
from payback.setting_types import HeaderPatterns, Text


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
