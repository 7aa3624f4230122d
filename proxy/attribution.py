"""Who pays for a call: its own headers first, then the rules of the configuration.

Everything here comes from clients. It is bounded, holds no control characters, and no credential."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from hashlib import blake2b

from ledger.call import Attribution

LONGEST_NAME = 200
LONGEST_TAGS = 1000
KEY_LABEL_BYTES = 6
"""48 bits: two of 10,000 keys share a label once in 5 million ledgers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadRule:
    """Calls that match every pattern that is set belong to the workload *name*."""

    name: str
    key: str | None = None
    model: str | None = None
    path: str | None = None
    client: str | None = None
    project: str | None = None
    user: str | None = None

    def matches(self, facts: Mapping[str, str | None]) -> bool:
        patterns = ((fact, getattr(self, fact)) for fact in facts)
        return all(pattern is None or fnmatchcase(facts[fact] or "", pattern) for fact, pattern in patterns)


class Attributor:
    """Reads who pays from a request's headers. *secret* is the ledger's, so labels differ between ledgers."""

    def __init__(self, rules: Sequence[WorkloadRule], secret: bytes) -> None:
        self._rules = rules
        self._secret = secret

    def of(self, headers: Mapping[str, str], path: str, model: str | None) -> Attribution:
        """*headers* is looked up by name without regard to case."""
        key = self._key_label(headers)
        project = bounded(headers.get("X-Payback-Project"))
        user = bounded(headers.get("X-Payback-User"))
        client = _product(headers.get("User-Agent"))
        workload = bounded(headers.get("X-Payback-Workload"))
        if workload is None and self._rules:
            facts = {
                "key": key,
                "model": model,
                "path": path,
                "client": client,
                "project": project,
                "user": user,
            }
            workload = next((rule.name for rule in self._rules if rule.matches(facts)), None)
        return Attribution(
            workload=workload,
            project=project,
            user=user,
            key=key,
            client=client,
            tags=bounded(headers.get("X-Payback-Tags"), LONGEST_TAGS),
        )

    def _key_label(self, headers: Mapping[str, str]) -> str | None:
        credential = headers.get("Authorization") or headers.get("x-api-key") or headers.get("api-key")
        if not credential:
            return None
        scheme, space, rest = credential.partition(" ")
        secret_part = rest.strip() if space and scheme.lower() == "bearer" else credential
        text = secret_part.encode("utf-8", "surrogateescape")
        return f"key-{blake2b(text, key=self._secret, digest_size=KEY_LABEL_BYTES).hexdigest()}"


def bounded(text: str | None, longest: int = LONGEST_NAME) -> str | None:
    """*text* as a name: printable text, not too long; None where nothing is left.

    >>> bounded("support\\x1b[31m-bot")
    'support[31m-bot'
    """
    if not text:
        return None
    if text.isascii() and text.isprintable():
        return text[:longest].strip() or None
    printable = (
        char for char in text[: 4 * longest] if unicodedata.category(char) not in ("Cc", "Cs", "Zl", "Zp")
    )
    return "".join(printable)[:longest].strip() or None


@lru_cache(maxsize=256)
def _product(user_agent: str | None) -> str | None:
    """The first product of a User-Agent, without its version: OpenAI/Python, curl.

    >>> _product("OpenAI/Python 2.8.0"), _product("curl/8.5.0"), _product("Anthropic/JS 1.12")
    ('OpenAI/Python', 'curl', 'Anthropic/JS')
    """
    first = (user_agent or "").partition(" ")[0]
    name, slash, version = first.partition("/")
    return bounded(name if slash and version[:1].isdigit() else first, 100)
