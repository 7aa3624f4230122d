"""The filter's fields and their values, for people. Pure."""

from collections.abc import Mapping

from ledger.call import Outcome, Pricing, UsageBasis
from ledger.rollup import ESTIMATED, FAILED, Dimension

NONE = "(none)"
"""Stands for the calls that have no such name."""
NAMES = ("model", "workload", "project", "user", "key", "client", "upstream", "operation", "session")
"""Fields of a filter that are names, as clients, users and the configuration chose them."""
SEVERAL: Mapping[str, Dimension] = {
    dimension.value: dimension for dimension in Dimension if dimension is not Dimension.TOTAL
}
"""Fields that may be there more than once: calls that have one of these names."""
EXCEPT: Mapping[str, Dimension] = {f"except_{name}": dimension for name, dimension in SEVERAL.items()}
"""Fields of names that calls do not have; they too may be there more than once."""
LABELS = {
    "model": "Model",
    "workload": "Workload",
    "project": "Project",
    "user": "User",
    "key": "Key",
    "client": "Client",
    "upstream": "Upstream",
    "operation": "Operation",
    "session": "Session",
    "tag": "Tag",
    "outcome": "Outcome",
    "pricing": "Pricing",
    "reason": "Unpriced because",
    "basis": "Tokens",
    "status": "HTTP status",
    "stream": "Streamed",
    "from": "From",
    "to": "To",
    "least_cost": "Cost from",
    "most_cost": "Cost up to",
    "least_seconds": "Took from",
    "least_tokens": "Tokens from",
    "attempts_of": "Attempts of",
    "except_model": "Model is not",
    "except_workload": "Workload is not",
    "except_project": "Project is not",
    "except_user": "User is not",
    "except_key": "Key is not",
    "except_client": "Client is not",
    "except_upstream": "Upstream is not",
}
"""By the name that an address has for the field."""
UNITS = {"least_cost": "USD", "most_cost": "USD", "least_seconds": "s", "least_tokens": "in and out"}

OUTCOMES: Mapping[str, frozenset[Outcome]] = {
    **{outcome.value: frozenset({outcome}) for outcome in Outcome},
    "failed": FAILED,
}
BASES: Mapping[str, frozenset[UsageBasis]] = {
    **{basis.value: frozenset({basis}) for basis in UsageBasis},
    "estimated": ESTIMATED,
}
PRICINGS: Mapping[str, Pricing] = {pricing.value: pricing for pricing in Pricing}
STREAMS: Mapping[str, bool] = {"yes": True, "no": False}

OUTCOME_WORDS = {
    "ok": "ok",
    "failed": "failed, in any way",
    "upstream_error": "upstream error",
    "upstream_broke": "upstream broke off",
    "timeout": "timed out",
    "client_left": "client left",
    "interrupted": "interrupted",
}
PRICING_WORDS = {
    "priced": "priced",
    "unpriced": "unpriced",
    "self_hosted": "self-hosted",
    "not_billed": "not billed",
}
BASIS_WORDS = {
    "reported": "reported by upstream",
    "estimated": "estimated",
    "partial": "partly seen, estimated",
    "none": "not known",
}
STREAM_WORDS = {"yes": "yes", "no": "no"}
CHOICES: Mapping[str, Mapping[str, str]] = {
    "outcome": OUTCOME_WORDS,
    "pricing": PRICING_WORDS,
    "basis": BASIS_WORDS,
    "stream": STREAM_WORDS,
}
