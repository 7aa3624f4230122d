"""Every example of docs/clients.md runs as it stands, prints its answer, and is one row of the ledger."""

import json
import re

import pytest

from tests.clients.page import RUN, example, examples
from tests.clients.programs import run_framework, run_node, run_python, run_shell
from tests.clients.provider import INPUT_TOKENS, OUTPUT_TOKENS, TEXT
from tests.clients.rows import Told, told
from tests.proxy.bodies import DONE, PLAIN_EVENTS
from tests.proxy.running import Payback

TOKENS = (INPUT_TOKENS, OUTPUT_TOKENS)
GPT, CLAUDE, LLAMA = "gpt-4o-mini", "claude-sonnet-4-5", "llama3:8b"
K6 = "Load tests with k6"
K6_STAND_IN = """
const say = (sent) => console.log(JSON.stringify(sent));
const http = { post: (address, body, { headers }) => say({ address, body, headers }) };
const check = () => {};
"""
"""In place of the two imports: k6 itself is not run."""


async def expect(payback: Payback, model: str, client: str) -> None:
    row = await payback.row()
    assert told(row) == Told(model=model, client=client, tokens=TOKENS)


@pytest.mark.parametrize(
    ("heading", "model", "client"),
    [
        ("OpenAI for Python", GPT, "OpenAI/Python"),
        ("Anthropic for Python", CLAUDE, "Anthropic/Python"),
        ("Ollama's clients", LLAMA, "ollama-python"),
    ],
)
async def test_the_example_for_a_library_for_python_works_as_it_stands(
    heading: str, model: str, client: str, payback: Payback
) -> None:
    assert await run_python(example(heading, "python", payback.port)) == TEXT
    await expect(payback, model, client)


@pytest.mark.parametrize(
    ("heading", "package"),
    [
        ("LangChain", "langchain_openai"),
        ("LlamaIndex", "llama_index/llms/openai_like"),
        ("LiteLLM", "litellm"),
    ],
)
async def test_the_example_for_a_framework_works_as_it_stands(
    heading: str, package: str, payback: Payback
) -> None:
    assert await run_framework(package, example(heading, "python", payback.port)) == TEXT
    await expect(payback, GPT, "OpenAI/Python")


@pytest.mark.parametrize(
    ("heading", "package", "client"),
    [
        ("OpenAI for Node", "openai", "OpenAI/JS"),
        ("Vercel AI SDK", "@ai-sdk/openai-compatible", "ai-sdk/openai-compatible"),
    ],
)
async def test_the_example_for_a_library_for_node_works_as_it_stands(
    heading: str, package: str, client: str, payback: Payback
) -> None:
    assert await run_node(package, example(heading, "js", payback.port)) == TEXT
    await expect(payback, GPT, client)


@pytest.mark.parametrize(
    ("heading", "language", "given", "variable"),
    [
        ("OpenAI for Python", "python", r'base_url="(.*)"', "OPENAI_BASE_URL"),
        ("Anthropic for Python", "python", r'base_url="(.*)"', "ANTHROPIC_BASE_URL"),
        ("OpenAI for Node", "js", r'\{ baseURL: "(.*)" \}', "OPENAI_BASE_URL"),
    ],
)
async def test_an_address_in_the_environment_does_it_too(
    heading: str, language: str, given: str, variable: str, payback: Payback
) -> None:
    program = example(heading, language, payback.port)
    address = re.search(given, program)
    assert address is not None
    program = program.replace(address[0], "")
    environment = {variable: address[1]}
    if language == "js":
        assert await run_node("openai", program, **environment) == TEXT
    else:
        assert await run_python(program, **environment) == TEXT
    assert told(await payback.row()).tokens == TOKENS


async def test_the_example_for_curl_prints_the_stream_that_it_would_get_from_upstream(
    payback: Payback,
) -> None:
    """Not the event with the tokens, which it has not asked for."""
    assert await run_shell(example("curl", "sh", payback.port)) == b"".join(PLAIN_EVENTS).decode()
    assert PLAIN_EVENTS[-1] == DONE
    await expect(payback, GPT, "curl")


async def test_the_request_of_the_load_test_is_metered_under_its_workload(payback: Payback) -> None:
    lines = example(K6, "js", payback.port).splitlines()
    script = "\n".join(line for line in lines if not line.startswith("import "))
    script = script.replace("export default function ()", "const user = () =>")
    sent = json.loads(await run_node("openai", f"{K6_STAND_IN}{script}\nuser();"))
    headers = " ".join(f"-H '{name}: {value}'" for name, value in sent["headers"].items())
    answer = await run_shell(f"curl -s {sent['address']} {headers} -d '{sent['body']}'")
    assert [json.loads(line)["done"] for line in answer.splitlines()] == [False, False, True]
    await expect(payback, LLAMA, "curl")
    assert (await payback.row()).call.who.workload == "load-test"


def test_no_example_of_a_program_is_left_out() -> None:
    """One more on the page needs one more here."""
    runnable = [heading for heading, found in examples().items() for language, _ in found if language in RUN]
    assert sorted(runnable) == sorted(
        [
            *("OpenAI for Python", "Anthropic for Python", "Ollama's clients"),
            *("LangChain", "LlamaIndex", "LiteLLM", "OpenAI for Node", "Vercel AI SDK", K6),
        ]
    )
