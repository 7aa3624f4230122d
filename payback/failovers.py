"""Which upstream is asked in the place of which: what is wrong with that, before a call finds out.

Two may stand in for each other: a call goes on once, and so comes to neither of them twice."""

from collections.abc import Mapping, Sequence

from payback.complaints import nearest
from payback.toml_text import toml_of
from payback.upstream_section import UpstreamSettings


def fault_in_failovers(upstreams: Sequence[UpstreamSettings]) -> str | None:
    """The first, as a sentence."""
    by_name = {upstream.name: upstream for upstream in upstreams}
    return next(filter(None, (_fault_in(upstream, by_name) for upstream in upstreams)), None)


def _fault_in(upstream: UpstreamSettings, by_name: Mapping[str, UpstreamSettings]) -> str | None:
    name = upstream.failover
    if name is None:
        return None
    place = f"upstream {upstream.name}: failover {toml_of(name)}"
    if name == upstream.name:
        return f"{place} is the upstream itself; name another one"
    if name not in by_name:
        others = sorted(other for other in by_name if other != upstream.name)
        return f"{place} is no upstream; {nearest(name, others)}"
    if by_name[name].api_key is None and not by_name[name].self_hosted:
        return (
            f"{place} has no key: a client's own was meant for {upstream.name} and does not go there; set the"
            f" api_key of {name}, or its self_hosted = true"
        )
    return None
