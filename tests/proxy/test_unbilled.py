"""What no provider charges for is not billed; what may cost is unknown, never free."""

import pytest

from ledger.call import Pricing
from proxy.dialects import dialect_of
from proxy.dialects.unbilled import METHODS, PATHS, is_unbilled
from tests.proxy.client import call, post
from tests.proxy.running import Payback
from tests.proxy.upstream import Upstream

MAY_COST = [
    "/v1/fine_tuning/jobs", "/v1/threads/runs", "/v1/threads/thread_1/runs", "/v1/vector_stores/vs_1/search",
    "/v1/containers", "/v1beta/cachedContents", "/v1/videos", "/v1/evals/e_1/runs", "/v1/unheard-of",
    "/v1/files/search", "/v1/profiles", "/v1beta/models/gemini-2.5-flash:predict", "/v1/realtime/calls",
]  # fmt: skip


@pytest.mark.parametrize("path", PATHS)
def test_each_path_is_free_under_any_prefix_and_spoken_by_no_dialect(path: str) -> None:
    for prefix in ("", "/v1", "/openai/v1", "/openai/deployments/ours"):
        full = prefix + path.replace("*", "thing_1")
        assert is_unbilled(full), full
        assert is_unbilled(full + "/"), full
        assert dialect_of("POST", full) == (None, None)


@pytest.mark.parametrize("method", METHODS)
def test_googles_methods_are_free(method: str) -> None:
    path = f"/v1beta/models/gemini-2.5-flash:{method}"
    assert is_unbilled(path)
    assert dialect_of("POST", path)[0] is None


def test_behind_a_semicolon_nothing_makes_a_call_free() -> None:
    """Servers in Java read the path before it."""
    assert not is_unbilled("/v1/chat/completions;x=/files")
    assert not is_unbilled("/v1beta/models/m:generateContent;:countTokens")


@pytest.mark.parametrize("path", MAY_COST)
def test_what_may_cost_is_not_free(path: str) -> None:
    assert not is_unbilled(path)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_a_free_call_is_not_billed_and_is_not_read(
    method: str, upstream: Upstream, payback: Payback
) -> None:
    """What it answers may look like usage: counting tokens costs none."""
    body = b'{"object":"response.input_tokens","input_tokens":11,"usage":{"prompt_tokens":11}}'
    upstream.script = lambda visit: visit.answer(body, ("Content-Type", "application/json"))
    path = "/v1/responses/input_tokens"
    assert (await call(payback.port, post(path, b'{"model":"m"}', method=method))).body == body
    row = await payback.row()
    assert (row.call.operation, row.call.http_request) == ("other", f"{method} {path}")
    assert (row.pricing, row.call.usage, row.call.problem) == (Pricing.NOT_BILLED, None, None)


async def test_a_file_larger_than_a_body_that_is_read_streams_through(
    upstream: Upstream, payback: Payback
) -> None:
    upstream.script = lambda visit: visit.answer(b'{"id":"file-1"}')
    content = bytes(range(256)) * (130 << 10)
    await call(payback.port, post("/v1/files", content, ("Content-Type", "multipart/form-data; boundary=x")))
    assert upstream.only.body == content
    row = await payback.row()
    assert (row.pricing, row.call.problem) == (Pricing.NOT_BILLED, None)


async def test_a_call_that_may_cost_is_unpriced_and_says_so(upstream: Upstream, payback: Payback) -> None:
    upstream.script = lambda visit: visit.answer(b"{}")
    await call(payback.port, post("/v1/videos", b"{}"))
    row = await payback.row()
    assert (row.pricing, row.unpriced_reason) == (Pricing.UNPRICED, "this operation is not metered")
