"""Who pays for a call: what its headers say, then its body, then the rules of the configuration.

Everything here comes from clients. It is bounded, printable, and no credential."""

from collections.abc import Mapping, Sequence
from functools import lru_cache

from multidict import MultiMapping

from ledger.call import Attribution
from proxy.aliases import fields_in, said_in, tag_sources
from proxy.body_names import NO_NAMES, BodyNames, body_tags, fields_of
from proxy.bounds import bounded as bounded
from proxy.client_key import ClientKey
from proxy.credential import credential_of, credentials_in, label_of
from proxy.distinct import Dimension, DistinctNames
from proxy.tags import render_tags
from proxy.workload_rule import Fact, WorkloadRule

LONGEST_CLIENT = 100
LONGEST_AGENT = 1000
TELLTALE = 16
"""Characters from a credential's start: text that holds them holds the credential, perhaps cut. Shorter ones,
such as the "ollama" that local servers are sent, are words that a name may well hold."""

_NOTHING: Mapping[str, str] = {}


class Attributor:
    """Reads who pays from a request. *secret* is the ledger's, so labels differ between ledgers; *key_names*
    are the configuration's names, by label."""

    def __init__(
        self,
        rules: Sequence[WorkloadRule],
        secret: bytes,
        *,
        key_names: Mapping[str, str] | None = None,
        distinct: DistinctNames | None = None,
    ) -> None:
        self._rules = rules
        self._secret = secret
        self._key_names = key_names or {}
        self._distinct = distinct or DistinctNames()
        self._distinct.admit("workload", (rule.name for rule in rules))
        self._distinct.admit("key", self._key_names.values())

    def of(
        self,
        headers: MultiMapping[str],
        path: str,
        model: str | None,
        query: str = "",
        names: BodyNames = NO_NAMES,
        issued: ClientKey | None = None,
    ) -> Attribution:
        """*headers* is looked up by name without regard to case; *query* is what follows the path's ?. What
        an *issued* key says goes before all that the call says itself."""
        told, credential = _told(headers, query, names), credential_of(headers, query)
        if issued is not None:
            told = {**told, **self._said_by(issued)}
        agent = headers.get("User-Agent", "")[:LONGEST_AGENT]
        facts: dict[Fact, str | None] = {
            "key": self._key(credential) if issued is None else issued.name,
            "model": model,
            "path": path,
            "client": _client(agent, credential) or told.get("client"),
            "project": told.get("project"),
            "user": told.get("user"),
            "user_agent": agent,
        }
        known = self._distinct.of
        return Attribution(
            workload=known("workload", told.get("workload") or self._ruled(facts, headers)),
            project=known("project", facts["project"]),
            user=known("user", facts["user"]),
            key=known("key", facts["key"]),
            client=known("client", facts["client"]),
            session=told.get("session"),
            tags=told.get("tags"),
        )

    def name_of(self, dimension: Dimension, name: str | None) -> str | None:
        """*name*, from a request or an answer, as the ledger is to know it."""
        return self._distinct.of(dimension, bounded(name))

    def _said_by(self, issued: ClientKey) -> Mapping[str, str]:
        """These names are the configuration's, as it were: they take no room."""
        names: dict[Dimension, str | None] = {
            "key": issued.name, "project": issued.project, "workload": issued.workload
        }  # fmt: skip
        said = {str(dimension): name for dimension, name in names.items() if name is not None}
        for dimension, name in names.items():
            self._distinct.admit(dimension, (name,) if name is not None else ())
        return said

    def _key(self, credential: str | None) -> str | None:
        if credential is None:
            return None
        label = label_of(credential, self._secret)
        return self._key_names.get(label, label)

    def _ruled(self, facts: Mapping[Fact, str | None], headers: MultiMapping[str]) -> str | None:
        for rule in self._rules:
            if rule.matches(facts, headers):
                return rule.name
        return None


def _told(headers: MultiMapping[str], query: str, names: BodyNames) -> Mapping[str, str]:
    """What the call says of itself, by the fields of Attribution. Most say nothing."""
    said = said_in(headers)
    if not said and names == NO_NAMES:
        return _NOTHING
    told = {**fields_of(names), **fields_in(said)}
    sources = [*tag_sources(said), *body_tags(names)]
    if sources and (tags := render_tags(sources)):
        told["tags"] = tags
    secrets = list(credentials_in(headers, query))
    return {
        field: text for field, text in told.items() if not any(_holds(text, secret) for secret in secrets)
    }


def _client(agent: str, credential: str | None) -> str | None:
    product = _product(agent)
    return None if product and credential and _holds(product, credential) else product


def _holds(text: str, secret: str) -> bool:
    start = secret.rpartition(" ")[2][:TELLTALE]
    return len(start) == TELLTALE and start.lower() in text.lower()


@lru_cache(maxsize=256)
def _product(user_agent: str) -> str | None:
    """The first product of a User-Agent, without its version: OpenAI/Python, curl.

    >>> _product("OpenAI/Python 2.8.0"), _product("curl/8.5.0"), _product("Anthropic/JS 1.12")
    ('OpenAI/Python', 'curl', 'Anthropic/JS')
    >>> _product("ai-sdk/openai-compatible/2.0.91 ai-sdk/provider-utils/4.0.0")
    'ai-sdk/openai-compatible'
    """
    first = user_agent.partition(" ")[0]
    name, slash, version = first.rpartition("/")
    return bounded(name if slash and version[:1].isdigit() else first, LONGEST_CLIENT)
