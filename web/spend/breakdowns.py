"""Sums by name: the largest, each with its share and a way to its calls, the others in one row. Pure."""

from dataclasses import dataclass

from ledger.money import NanoUsd
from ledger.rollup import Rollup
from ledger.store import GroupBy, Report
from web.costs import Cost, Mark, cost_of_sums, marks_of
from web.filters import places_for
from web.links import calls_link, calls_of_link, is_linkable

LONGEST_TABLE = 12
"""Rows of a breakdown; the rest is summed up in one more. Names come from clients: there may be many."""


@dataclass(frozen=True, slots=True)
class Topic:
    by: GroupBy
    title: str
    column: str
    nameless: str
    """Stands for the calls that have no such name."""
    hint: str = ""
    """How to get names, said where no call has one."""


TOPICS = (
    Topic(GroupBy.MODEL, "By model", "Model", "no model"),
    Topic(GroupBy.WORKLOAD, "By workload", "Workload", "no workload", "X-Payback-Workload"),
    Topic(GroupBy.PROJECT, "By project", "Project", "no project", "X-Payback-Project"),
    Topic(GroupBy.USER, "By user", "User", "no user", "X-Payback-User"),
    Topic(GroupBy.KEY, "By key", "Key", "no key"),
    Topic(GroupBy.CLIENT, "By client", "Client", "no client"),
    Topic(GroupBy.UPSTREAM, "By upstream", "Upstream", "no upstream"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    name: str | None
    others: int = 0
    """How many names are summed up here; 0: the row is one name's."""
    href: str
    """To its calls; empty: there is no address for them."""
    cost: Cost
    part: int
    has_share: bool
    """A cost that is not known has no share of the spend; that is not a share of nothing."""
    sums: Rollup
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Breakdown:
    topic: Topic
    rows: tuple[Row, ...]
    share_of: str
    """What the shares are shares of: spend, or calls where nothing was spent."""
    whole: int
    places: int

    @property
    def is_named(self) -> bool:
        return any(row.name is not None or row.others for row in self.rows)


def breakdown_of(topic: Topic, report: Report) -> Breakdown:
    """The largest groups, each with its share, and the others in one row: the rows add up to the total."""
    spent = report.total.list_cost > 0
    cut = len(report.groups) if len(report.groups) <= LONGEST_TABLE + 1 else LONGEST_TABLE  # never "1 more"
    rows = [
        _row(group.value, 0, group.sums, _href(topic, report, group.value), spent=spent)
        for group in report.groups[:cut]
    ]
    rest = report.groups[cut:]
    if rest:
        shown = [group.value for group in report.groups[:cut]]
        href = calls_of_link(report.period, f"except_{topic.by.value}", shown)
        rows.append(_row(None, len(rest), sum((group.sums for group in rest), Rollup()), href, spent=spent))
    return Breakdown(
        topic=topic,
        rows=tuple(rows),
        share_of="spend" if spent else "calls",
        whole=report.total.list_cost if spent else report.total.calls,
        places=places_for(max((row.sums.list_cost for row in rows), default=NanoUsd(0))),
    )


def _href(topic: Topic, report: Report, name: str | None) -> str:
    return calls_link(report.period, **{topic.by.value: name}) if is_linkable(name) else ""


def _row(name: str | None, others: int, sums: Rollup, href: str, *, spent: bool) -> Row:
    cost = cost_of_sums(sums)
    return Row(
        name=name,
        others=others,
        href=href,
        cost=cost,
        part=sums.list_cost if spent else sums.calls,
        has_share=cost.amount is not None or not spent,
        sums=sums,
        marks=tuple(mark for mark in marks_of(sums) if mark.count and mark.word != cost.word),
    )
