"""Where calls go, and what each one asks for: OpenAI's chat completions, streamed, with usage.

Source: https://platform.openai.com/docs/api-reference/chat, read 2026-11-22."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from yarl import URL

from payback.errors import SettingsError
from proxy.upstream import root_of

PATH = "/v1/chat/completions"


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    root: URL
    """Without a final /v1."""
    model: str
    key: str | None = field(default=None, repr=False)

    @property
    def url(self) -> URL:
        return self.root.with_path(self.root.path.rstrip("/") + PATH)

    @property
    def headers(self) -> Mapping[str, str]:
        accepted = {"Content-Type": "application/json", "Accept": "text/event-stream"}
        return accepted if self.key is None else accepted | {"Authorization": f"Bearer {self.key}"}

    def body(self, prompt: str, output_tokens: int) -> bytes:
        """Temperature is left to the server: some models take only their own."""
        return json.dumps(
            {
                "model": self.model,
                "messages": [{"role": "user", "content": prompt}],
                "max_tokens": output_tokens,
                "stream": True,
                "stream_options": {"include_usage": True},
            }
        ).encode()


def endpoint_at(address: str, model: str, key: str | None = None) -> Endpoint:
    """*address* as people write it: with or without /v1, or the whole path. Raises SettingsError."""
    try:
        url = URL(address.removesuffix("/").removesuffix(PATH.removeprefix("/v1")))
        usable = url.scheme in ("http", "https") and url.host is not None and not url.query_string
    except ValueError:
        usable = False
    if not usable:
        raise SettingsError(
            f"{address} is no address of a server; write one such as http://127.0.0.1:8000/v1"
        )
    if url.user is not None:
        raise SettingsError("the address holds a password; take it out, and name its variable: --api-key-env")
    return Endpoint(root=root_of(str(url)), model=model, key=key)
