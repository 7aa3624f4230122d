"""Where a call goes is decided by the configuration; a request can choose among upstreams, never make one."""

import tracemalloc

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from yarl import URL

from proxy.route import LONGEST_SPOKEN, NoRoute, Router, Target
from proxy.upstream import Upstream, root_of


def upstream(name: str, base_url: str, *models: str) -> Upstream:
    return Upstream(name=name, root=root_of(base_url), models=models)


UPSTREAMS = [
    upstream("openai", "https://api.openai.test/v1"),
    upstream("anthropic", "https://api.anthropic.test/v1"),
    upstream("google", "https://google.test"),
    upstream("ollama", "http://127.0.0.1:11434"),
    upstream("lab", "http://10.0.0.5:8000/v1", "llama*", "qwen-?"),
    upstream("gemini", "https://gemini.test/v1beta/openai/"),
]
ROUTER = Router(UPSTREAMS, "openai")


def test_an_azure_path_and_its_key_do_not_go_to_openai_for_the_name_it_begins_with() -> None:
    """Azure's own paths begin with /openai/deployments: https://learn.microsoft.com/azure/ai-foundry/openai"""
    router = Router([*UPSTREAMS, upstream("azure", "https://me.openai.azure.test")], "azure")
    path = "/openai/deployments/my-gpt/chat/completions?api-version=2024-10-21"
    target = router.target_of("POST", path)
    assert isinstance(target, Target)
    assert target.raw_path == path
    assert router.upstream_of(target, None).name == "azure"


def routed(raw_path: str, model: str | None = None) -> tuple[str, str]:
    """Name of the upstream, and the address that is called."""
    target = ROUTER.target_of("POST", raw_path)
    assert isinstance(target, Target), target
    chosen = ROUTER.upstream_of(target, model)
    return chosen.name, str(ROUTER.url_of(chosen, target.raw_path))


@pytest.mark.parametrize(
    ("raw_path", "model", "name", "address"),
    [
        ("/v1/chat/completions", None, "openai", "https://api.openai.test/v1/chat/completions"),
        ("/v1/chat/completions", "gpt-x", "openai", "https://api.openai.test/v1/chat/completions"),
        ("/v1/chat/completions", "llama3", "lab", "http://10.0.0.5:8000/v1/chat/completions"),
        ("/v1/chat/completions", "qwen-2", "lab", "http://10.0.0.5:8000/v1/chat/completions"),
        ("/v1/chat/completions", "qwen-22", "openai", "https://api.openai.test/v1/chat/completions"),
        ("/openai/v1/chat/completions", "llama3", "openai", "https://api.openai.test/v1/chat/completions"),
        ("/lab/v1/models", None, "lab", "http://10.0.0.5:8000/v1/models"),
        ("/gemini/chat/completions", "g", "gemini", "https://gemini.test/v1beta/openai/chat/completions"),
        ("/v1/messages?beta=true", None, "anthropic", "https://api.anthropic.test/v1/messages?beta=true"),
        (
            "/v1/messages/count_tokens",
            None,
            "anthropic",
            "https://api.anthropic.test/v1/messages/count_tokens",
        ),
        ("/v1/messages_and_more", None, "openai", "https://api.openai.test/v1/messages_and_more"),
        (
            "/v1beta/models/g:generateContent",
            "g",
            "google",
            "https://google.test/v1beta/models/g:generateContent",
        ),
        ("/v1/models/g:embedContent?x=1", "g", "google", "https://google.test/v1/models/g:embedContent?x=1"),
        (
            "/v1beta/models/llama3:countTokens",
            "llama3",
            "lab",
            "http://10.0.0.5:8000/v1beta/models/llama3:countTokens",
        ),
        (
            "/v1beta/openai/chat/completions",
            None,
            "google",
            "https://google.test/v1beta/openai/chat/completions",
        ),
        ("/v1/interactions", None, "google", "https://google.test/v1/interactions"),
        ("/v1/interactions_and_more", None, "openai", "https://api.openai.test/v1/interactions_and_more"),
        ("/upload/v1beta/files", None, "google", "https://google.test/upload/v1beta/files"),
        ("/google/v1/x:y", None, "google", "https://google.test/v1/x:y"),
        ("/v1/models/ft:gpt:acme::aB", None, "openai", "https://api.openai.test/v1/models/ft:gpt:acme::aB"),
        ("/v1beta1/x", None, "openai", "https://api.openai.test/v1beta1/x"),
        ("/api/chat", None, "ollama", "http://127.0.0.1:11434/api/chat"),
        ("/api/chat", "llama3", "lab", "http://10.0.0.5:8000/api/chat"),
        ("/lab", None, "openai", "https://api.openai.test/lab"),
        ("/nobody/v1/models", None, "openai", "https://api.openai.test/nobody/v1/models"),
        ("/", None, "openai", "https://api.openai.test/"),
    ],
)
def test_the_prefix_then_the_model_then_the_dialect_then_the_default_choose(
    raw_path: str, model: str | None, name: str, address: str
) -> None:
    assert routed(raw_path, model) == (name, address)


@pytest.mark.parametrize(
    "rest",
    [
        "/v1/files/a%2Fb%41",
        "/v1/x?a[]=1&b=c+d&e=%2B",
        "/v1/x?api-version=2024-10-21",
        "/v1//x/",
        "/v1/x;y=1/@z:80",
    ],
)
def test_path_and_query_go_on_exactly_as_they_came(rest: str) -> None:
    target = ROUTER.target_of("POST", f"/lab{rest}")
    assert isinstance(target, Target)
    url = ROUTER.url_of(ROUTER.upstream_of(target, None), target.raw_path)
    assert url.raw_path_qs == rest
    assert url.authority == "10.0.0.5:8000"


@given(st.text("ab/?%2F:@;&=+[]|\\\"' \x7f\u00e9\udc80.~*!$,()", max_size=25))
@example("v1/x?a=b?")
@example("v1/x?")
def test_upstream_hears_what_was_judged(rest: str) -> None:
    """A character that is lost on the way makes it another call."""
    target = ROUTER.target_of("POST", f"/lab/{rest}")
    if isinstance(target, Target):
        assert ROUTER.url_of(ROUTER.upstream_of(target, None), target.raw_path).raw_path_qs == f"/{rest}"


@pytest.mark.parametrize(
    ("query", "rest"),
    [
        ("?key=theirs", ""),
        ("?key=theirs&alt=sse", "?alt=sse"),
        ("?alt=sse&%6Bey=theirs&key", "?alt=sse"),
        ("?monkey=1&x=key=2", "?monkey=1&x=key=2"),
        ("?a[]=1&b=c+d&e=%2B", "?a[]=1&b=c+d&e=%2B"),
        ("", ""),
    ],
)
def test_a_key_in_the_query_stays_here_where_one_is_configured_and_nowhere_else(
    query: str, rest: str
) -> None:
    path = f"/v1beta/models{query}"
    with_own = Upstream(name="g", root=root_of("https://google.test"), credential=("x-goog-api-key", "ours"))
    assert ROUTER.url_of(with_own, path).raw_path_qs == f"/v1beta/models{rest}"
    assert str(ROUTER.url_of(UPSTREAMS[0], path)) == f"https://api.openai.test{path}"


@pytest.mark.parametrize(
    "raw_path",
    [
        "http://evil.test/v1/models",
        "HTTPS://evil.test/",
        "@evil.test/v1",
        ":80@evil.test/",
        "evil.test:443",
        "*",
        "",
    ],
)
def test_only_a_path_is_a_target(raw_path: str) -> None:
    assert isinstance(ROUTER.target_of("POST", raw_path), NoRoute)


@pytest.mark.parametrize(
    "raw_path",
    [
        "/lab/../admin",
        "/lab/v1/%2e%2e/admin",
        "/lab/v1/.%2E/admin",
        "/lab/v1/..%2fadmin",
        "/lab/v1/%2E%2E%5Cadmin",
        "/lab/v1\\..\\admin",
        "/v1/./chat/completions",
        "/..",
        "/v1/..",
    ],
)
def test_a_path_that_some_server_reads_as_climbing_has_no_route(raw_path: str) -> None:
    assert isinstance(ROUTER.target_of("POST", raw_path), NoRoute)


@pytest.mark.parametrize(
    "raw_path",
    [
        "/v1/chat/completions#/files",
        "/lab/v1/chat/completions?a=b#/files",
        "/v1beta/models/dear:generateContent#/models/cheap:generateContent",
        "/v1/models#",
    ],
)
def test_a_path_is_judged_as_upstream_hears_it_and_has_no_fragment(raw_path: str) -> None:
    """It stays with whoever sends: judged with it, a call would be another one than is made."""
    assert isinstance(ROUTER.target_of("POST", raw_path), NoRoute)


@pytest.mark.parametrize(
    "raw_path", ["/v1/files/..a", "/v1/a..b", "/v1/...", "/v1/x?path=../y", "/v1/.well-known"]
)
def test_dots_that_climb_nowhere_pass(raw_path: str) -> None:
    assert isinstance(ROUTER.target_of("POST", raw_path), Target)


@given(st.text(st.sampled_from("/@:.%2eE\\?#[]a1lb"), max_size=30))
def test_no_path_reaches_another_host_scheme_or_port(path: str) -> None:
    target = ROUTER.target_of("POST", f"/{path}")
    if isinstance(target, Target):
        url = ROUTER.url_of(ROUTER.upstream_of(target, None), target.raw_path)
        assert (url.scheme, url.authority) in {
            (known.root.scheme, known.root.authority) for known in UPSTREAMS
        }


@pytest.mark.parametrize(
    ("raw_path", "operation"),
    [
        ("/v1/chat/completions?x=1", "chat"),
        ("/lab/v1/completions", "text_completion"),
        ("/openai/deployments/d/chat/completions?api-version=1", "chat"),
        ("/v1/embeddings", "embeddings"),
        ("/v1/chat/completions/abc", None),
        ("/v1/models?x=/chat/completions", None),
    ],
)
def test_the_path_without_its_query_says_what_is_metered(raw_path: str, operation: str | None) -> None:
    target = ROUTER.target_of("POST", raw_path)
    assert isinstance(target, Target)
    assert (target.dialect.operation if target.dialect else None) == operation


def test_a_path_that_is_longer_than_any_apis_is_not_looked_at() -> None:
    """A client that makes up paths of megabytes keeps nobody else waiting."""
    target = ROUTER.target_of("POST", f"/v1/{'p' * LONGEST_SPOKEN}/chat/completions")
    assert isinstance(target, Target)
    assert (target.dialect, target.upstream, target.fallback.name) == (None, None, "openai")


@pytest.mark.parametrize(
    ("base_url", "root"),
    [
        ("https://api.openai.test/v1", "https://api.openai.test"),
        ("https://api.openai.test/v1//", "https://api.openai.test"),
        ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
        ("https://h.test/gateway/v1", "https://h.test/gateway"),
        ("https://h.test/v1beta/openai", "https://h.test/v1beta/openai"),
        ("https://h.test/notv1", "https://h.test/notv1"),
    ],
)
def test_a_base_url_is_understood_as_providers_write_it(base_url: str, root: str) -> None:
    assert str(root_of(base_url)).rstrip("/") == root
    assert isinstance(root_of(base_url), URL)


def test_paths_that_a_client_makes_up_fill_no_memory() -> None:
    tracemalloc.start()
    for number in range(300):
        ROUTER.target_of("POST", f"/v1/{number}{'p' * 60_000}")
    held_bytes, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held_bytes < 1 << 20, "300 paths of 60 KB are 18 MB"
