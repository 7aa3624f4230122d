"""Who answers what a plan comes to. It is another process: a projection takes seconds of arithmetic, and this
one passes calls through.

ProjectionFailed
  NothingToProject   there is no call to rest a projection on yet; the sentence says what to do
  BadPlan            the plan asks for what is not there; change the plan"""

from collections.abc import Mapping
from typing import Any, Protocol

Plan = Mapping[str, object]
"""A document as a plan file holds it, possibly empty."""
BRIEF = "payback:brief"
"""No plan has such a key. What the answer hangs on is left out then, which takes half of the time; the answer
says so, as brief."""
Answer = Mapping[str, Any]
"""from, to: ISO days, or None for a stated volume. projections: one mapping for each workload, the largest
first, as the command's JSON has them. not_projected: sentences; may be left out. smaller: None, or workloads
and their usd together. made_up: whether the ledger is."""


def briefly(plan: Plan) -> Plan:
    return {**plan, BRIEF: True}


class ProjectionFailed(Exception):
    """The text is a sentence for the user."""


class NothingToProject(ProjectionFailed):
    pass


class BadPlan(ProjectionFailed):
    pass


class Projector(Protocol):
    async def project(self, plan: Plan) -> Answer:
        """Raises ProjectionFailed. May be cancelled."""
        ...
