"""A rule of the configuration: which calls are one workload."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, get_args

Fact = Literal["key", "model", "path", "client", "project", "user", "user_agent"]
FACTS: tuple[Fact, ...] = get_args(Fact)
LONGEST_MATCHED = 1000
"""Characters of a header; patterns do not look beyond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkloadRule:
    """Calls that match every pattern belong to the workload *name*; without a pattern, all calls do."""

    name: str
    facts: Mapping[Fact, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    """Patterns by a header's name. A header that is not sent fits none, not even *."""

    def matches(self, facts: Mapping[Fact, str | None], headers: Mapping[str, str]) -> bool:
        """*headers* is looked up by name without regard to case."""
        return all(_fits(facts[fact] or "", pattern) for fact, pattern in self.facts.items()) and all(
            _fits(headers.get(name), pattern) for name, pattern in self.headers.items()
        )


def _fits(text: str | None, pattern: str) -> bool:
    return text is not None and fnmatchcase(text[:LONGEST_MATCHED], pattern)
