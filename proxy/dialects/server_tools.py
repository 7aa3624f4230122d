"""Searches that a provider ran itself, where its usage object counts them: they are charged beside tokens.

Sources, read 2026-11-23:
- Anthropic, https://platform.claude.com/docs/en/api/messages, and OpenRouter,
  https://openrouter.ai/docs/client-sdks/python/components/bodyservertooluse: server_tool_use has
  web_search_requests. OpenRouter's tool_calls_requested and tool_calls_executed count these once more.
- xAI, https://docs.x.ai/developers/tools/tool-usage-details: server_side_tool_usage_details has
  web_search_calls. Of its other tools, which are charged too, no price list that is read here knows a price:
  they are in the cost that xAI claims."""

from collections.abc import Mapping
from typing import Any

from ledger.units import Units
from proxy.dialects.counted import part

_TOLD = {"server_tool_use": "web_search_requests", "server_side_tool_usage_details": "web_search_calls"}
TELLING = frozenset(_TOLD)
"""Members of a usage object; one that has none of them tells of no search."""


def searches_in(usage: Mapping[str, Any]) -> Units | None:
    """None where nothing is said of any. Raises ValueError where what is there is no count.

    >>> searches_in({"server_tool_use": {"web_search_requests": 2}}).web_searches
    2
    """
    if TELLING.isdisjoint(usage):
        return None
    counts = (part(usage, tools).get(name) for tools, name in _TOLD.items())
    searches = next((count for count in counts if count is not None), None)
    return None if searches is None else Units(web_searches=searches)
