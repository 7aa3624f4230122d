"""The configuration: what loads, and the sentence that each mistake gets."""

import os
import subprocess
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from payback.errors import SettingsError
from payback.settings import Settings, load_settings
from payback.wiring import upstreams

LAB = '[[upstream]]\nname = "lab"\nbase_url = "http://127.0.0.1:8000/v1"\n'
KEY = '[[key]]\nname = "ci"\n'
MATCH = '[[workload]]\nname = "a"\nmatch = '
PRICE = '[[price]]\nprovider = "openai"\nmodel = "my-model"\n'
AS_DOCUMENTED = """\
default_upstream = "openai"
[server]
host = "127.0.0.1"
port = 8300
[ledger]
url = "payback.db"                     # a path, or postgresql://...
when_unrecordable = "refuse"           # after ledger and spool have both failed: "refuse" | "pass"
[[upstream]]
name = "lab"                           # also the path prefix /lab/...
base_url = "http://127.0.0.1:8000/v1"  # as the provider's docs write it; a final /v1 is understood
models = ["llama*"]                    # request models that go here
provider = "openai"                    # whose prices; left out: from the host
self_hosted = true                     # not billed per token; costs come from fixed costs
api_key = { env = "LAB_KEY" }          # injected; left out: the client's own passes through
[[price]]                              # an override, or a model the catalogue lacks
provider = "openai"
model = "my-model"
from = 2026-01-01
input_usd_per_mtok = "3.00"
cache_read_usd_per_mtok = "0.30"
output_usd_per_mtok = "15.00"
[[workload]]
name = "support-bot"
match = { key = "support", model = "gpt-*" }
"""


def loaded(folder: Path, text: str) -> Settings:
    file = folder / "payback.toml"
    file.write_text(text)
    return load_settings(file)


def sentence(folder: Path, text: str) -> str:
    """What is said of *text*, without the file's name at its start."""
    with pytest.raises(SettingsError) as raised:
        loaded(folder, text)
    said = str(raised.value)
    assert "\n" not in said
    assert "Input should" not in said
    return said.removeprefix(f"{folder / 'payback.toml'}: ")


def test_the_shape_that_users_files_rely_on_loads_as_it_is_documented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LAB_KEY", "sk-lab\n")
    settings = loaded(tmp_path, AS_DOCUMENTED)
    (lab, *_) = upstreams(settings, "127.0.0.1", 8300)
    assert (lab.name, str(lab.root), lab.models) == ("lab", "http://127.0.0.1:8000", ("llama*",))
    assert (lab.self_hosted, lab.credential) == (True, ("Authorization", "Bearer sk-lab"))
    (price,) = settings.price
    assert (price.since, price.input_usd_per_mtok) == (date(2026, 1, 1), Decimal("3.00"))
    (workload,) = settings.workload
    assert (workload.match.key, workload.match.model) == ("support", "gpt-*")


def test_without_a_file_the_defaults_hold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    settings = load_settings(None)
    assert (settings.server.host, settings.server.port, settings.default_upstream) == (
        "127.0.0.1",
        8300,
        "openai",
    )
    assert [upstream.name for upstream in settings.upstreams()] == ["openai", "anthropic", "google", "ollama"]


def test_a_file_in_this_folder_is_read_without_being_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    loaded(tmp_path, "[server]\nport = 8400\n")
    assert load_settings(None).server.port == 8400


def test_a_configured_upstream_takes_the_place_of_the_built_in_one(tmp_path: Path) -> None:
    text = '[[upstream]]\nname = "openai"\nbase_url = "https://gateway.example.com/openai/v1"\n'
    names = [(upstream.name, upstream.base_url) for upstream in loaded(tmp_path, text).upstreams()]
    assert names[0] == ("openai", "https://gateway.example.com/openai/v1")
    assert [name for name, _ in names] == ["openai", "anthropic", "google", "ollama"]


@pytest.mark.parametrize("written", ["0.1", '"0.1"', "0.10", "1e-1"])
def test_a_price_is_the_decimal_that_was_written(tmp_path: Path, written: str) -> None:
    """The float 0.1 is 0.1000000000000000055511151231257827."""
    (price,) = loaded(tmp_path, f"{PRICE}input_usd_per_mtok = {written}\n").price
    assert price.input_usd_per_mtok == Decimal("0.1")


UNKNOWN = {
    'default_upstrem = "lab"': "default_upstrem is no known key; did you mean default_upstream?",
    "[servr]\nport = 1": "servr is no known key; did you mean server?",
    "[server]\nprot = 1": "[server] prot is no known key; did you mean port?",
    f'{LAB}{LAB}base_ulr = "x"'.replace('"lab"', '"a"', 1): (
        "[[upstream]] 2 base_ulr is no known key; did you mean base_url?"
    ),
    f'{LAB}api_key = {{ vault = "x" }}': "[[upstream]] 1 api_key.vault is no known key; known are env, file",
    f'{PRICE}input_usd = "3.00"': ("[[price]] 1 input_usd is no known key; did you mean input_usd_per_mtok?"),
    f"{PRICE}form = 2026-01-01": "[[price]] 1 form is no known key; did you mean from?",
    '[[workload]]\nname = "a"\nmatch = { modal = "b" }': (
        "[[workload]] 1 match.modal is no known key; did you mean model?"
    ),
    '[[workload]]\nname = "a"\nmatch = { tags = "b" }': (
        "[[workload]] 1 match.tags is no known key; known are key, model, path, client, project, user,"
        " user_agent, header"
    ),
    f'{KEY}secrets = {{ env = "CI_KEY" }}': "[[key]] 1 secrets is no known key; did you mean secret?",
    '"a\\nb" = 1': '"a\\nb" is no known key; known are default_upstream, server, proxy, ledger, report, log,'
    " upstream, price, alias, key, workload, budget",
}


@pytest.mark.parametrize("text", UNKNOWN)
def test_an_unknown_key_is_named_with_the_nearest_known_one(tmp_path: Path, text: str) -> None:
    assert sentence(tmp_path, text) == UNKNOWN[text]


def test_a_misspelt_key_is_told_before_the_one_that_is_therefore_missing(tmp_path: Path) -> None:
    text = '[[upstream]]\nname = "lab"\nbase_ulr = "http://127.0.0.1:8000"'
    assert sentence(tmp_path, text) == "[[upstream]] 1 base_ulr is no known key; did you mean base_url?"


WRONG = {
    '[server]\nport = "8300"': '[server] port is "8300"; write a whole number',
    "[server]\nport = true": "[server] port is true; write a whole number",
    "[server]\nport = 80.5": "[server] port is 80.5; write a whole number",
    "[server]\nport = 70000": "[server] port is 70000; write a number of at most 65535",
    "[ledger]\nmax_names = 2000000": "[ledger] max_names is 2000000; write a number of at most 1000000",
    "[server]\nread_body_mib = 0": "[server] read_body_mib is 0; write a number of at least 1",
    "[server]\nconnect_timeout_s = 0": "[server] connect_timeout_s is 0; write a number above 0",
    "[server]\nidle_timeout_s = inf": "[server] idle_timeout_s is Infinity; write a number",
    '[server]\ndrain_s = "30"': '[server] drain_s is "30"; write a number',
    "[server]\nhost = 127": "[server] host is 127; write text in quotes",
    '[server]\nhost = ""': "[server] host is empty; write something, or take it out",
    "server = 8300": "server is 8300; write [server] above its keys, once",
    "[[server]]\nport = 1": "server is a list; write [server] above its keys, once",
    '[upstream]\nname = "lab"': "upstream is a table; write [[upstream]] above its keys",
    'upstream = ["lab"]': '[[upstream]] 1 is "lab"; write [[upstream]] above its keys',
    '[[upstream]]\nname = "lab"': (
        '[[upstream]] 1 base_url is missing; set it, as in base_url = "http://127.0.0.1:8000/v1"'
    ),
    f'{LAB}models = "llama*"': '[[upstream]] 1 models is "llama*"; write a list in brackets',
    f'{LAB}models = ["a", 3]': "[[upstream]] 1 models item 2 is 3; write text in quotes",
    f'{LAB}self_hosted = "yes"': '[[upstream]] 1 self_hosted is "yes"; write true or false',
    f'{LAB}provider = "{"x" * 201}"': (
        "[[upstream]] 1 provider is 201 characters long; write 200 characters at most"
    ),
    LAB.replace('"lab"', '"my lab"'): (
        "[[upstream]] 1 name: write letters, digits, - and _, first a letter or a digit: paths begin with it"
    ),
    LAB.replace('"lab"', '"v1"'): "[[upstream]] 1 name: paths of APIs begin with /v1/; write another name",
    '[ledger]\nwhen_unrecordable = "abort"': (
        '[ledger] when_unrecordable is "abort"; write "refuse" or "pass"'
    ),
    '[report]\nhosts = ["http://a:1"]': (
        "[report] hosts item 1: write a host name alone, such as payback.example, without scheme and port"
    ),
    f'{PRICE}input_usd_per_mtok = "3,00"': ('[[price]] 1 input_usd_per_mtok: write USD, such as "3.00"'),
    f"{PRICE}input_usd_per_mtok = -1": "[[price]] 1 input_usd_per_mtok is -1; write a number of at least 0",
    f"{PRICE}input_usd_per_mtok = true": (
        '[[price]] 1 input_usd_per_mtok is true; write USD, such as "3.00"'
    ),
    f"{PRICE}input_usd_per_mtok = nan": "[[price]] 1 input_usd_per_mtok is NaN; write a number",
    f"{PRICE}output_usd_per_mtok = 1e40": "[[price]] 1 output_usd_per_mtok is 1E+40; write 18 digits at most",
    f'{PRICE}from = "2026-01-01"': (
        '[[price]] 1 from is "2026-01-01"; write a day without quotes, such as 2026-01-01'
    ),
    PRICE: "[[price]] 1: there is no rate; write one at least, such as input_usd_per_mtok",
    f"{PRICE}input_usd_per_mtok = 1\n" * 2: (
        "two [[price]] of openai my-model begin on 1970-01-01; take one out"
    ),
    '[[workload]]\nname = "a"\nmatch = "gpt-*"': (
        '[[workload]] 1 match is "gpt-*"; write a table, as { key = value }'
    ),
    f'{MATCH}{{ header = "X-Team" }}': (
        '[[workload]] 1 match.header is "X-Team"; write a table, as { key = value }'
    ),
    f"{MATCH}{{ header = {{ X-Team = 3 }} }}": (
        "[[workload]] 1 match.header.X-Team is 3; write text in quotes"
    ),
    f'{MATCH}{{ header = {{ "X Team" = "a" }} }}': (
        '[[workload]] 1 match.header: "X Team" is no name of a header; write one, such as X-Team'
    ),
    f'{MATCH}{{ header = {{ X-API-Key = "canary" }} }}': (
        "[[workload]] 1 match.header: X-API-Key holds a secret; name that in a [[key]], and match its key"
    ),
    KEY: '[[key]] 1 secret is missing; set it, as in secret = { env = "CI_KEY" }',
    f'{KEY}secret = "canary"': (
        "[[key]] 1 secret is no reference;"
        ' write { env = "NAME" } or { file = "PATH" }, never the secret itself'
    ),
    f'{KEY}secret = {{ env = "A" }}\n{KEY}secret = {{ env = "B" }}': "two [[key]] are named ci; rename one",
    "[ledger]\nmax_names = 0": "[ledger] max_names is 0; write a number of at least 1",
    LAB * 2: "two [[upstream]] are named lab; rename one",
    'default_upstream = "opnai"': 'default_upstream "opnai" is no upstream; did you mean openai?',
    'default_upstream = "x"': (
        'default_upstream "x" is no upstream; known are anthropic, google, ollama, openai'
    ),
}


@pytest.mark.parametrize("text", WRONG)
def test_a_wrong_value_is_shown_with_what_is_to_be_written(tmp_path: Path, text: str) -> None:
    said = sentence(tmp_path, text)
    assert said == WRONG[text]
    assert "canary" not in said


NO_TOML = {"port = ": 1, "[server]\nport 8300": 2, "[server]\nport = 1\nport = 2": 3, "[server\n": 1}


@pytest.mark.parametrize("text", NO_TOML)
def test_what_is_not_toml_is_told_with_its_line(tmp_path: Path, text: str) -> None:
    said = sentence(tmp_path, text)
    assert said.startswith(f"{tmp_path / 'payback.toml'} is not TOML: ")
    assert f"(at line {NO_TOML[text]}, column " in said
    assert said.endswith("; mend that line")


@pytest.mark.parametrize("number", ["9" * 5000, "1e" + "9" * 30])
def test_a_number_that_python_would_not_read_is_told_as_one(number: str, tmp_path: Path) -> None:
    said = sentence(tmp_path, f"[server]\nport = {number}")
    assert said.endswith("payback.toml is not TOML: a number in it is too long; mend that line")


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    for place, why in ((tmp_path / "none.toml", "No such file or directory"), (tmp_path, "Is a directory")):
        with pytest.raises(SettingsError) as raised:
            load_settings(place)
        assert (
            str(raised.value) == f"cannot read the configuration {place}: {why}; give --config another path"
        )
    (tmp_path / "latin.toml").write_bytes(b'default_upstream = "\xe9"')
    with pytest.raises(SettingsError, match="is not text in UTF-8; save it as that"):
        load_settings(tmp_path / "latin.toml")


BASE_URLS = {
    "http://api.example.com/v1": "sends prompts and keys in clear; write https://, or plain_http = true",
    "http://8.8.8.8": "sends prompts and keys in clear; write https://, or plain_http = true",
    "ftp://127.0.0.1": "is no address; write it as https://host/v1 or http://host:port/v1",
    "127.0.0.1:8000": "is no address; write it as https://host/v1 or http://host:port/v1",
    "https://host:99999": "is no address; write it as https://host/v1 or http://host:port/v1",
    "https://user:canary@host/v1": "holds more than host, port and path; write keys into api_key",
    "https://host/v1?key=canary": "holds more than host, port and path; write keys into api_key",
    "https://host/v1#canary": "holds more than host, port and path; write keys into api_key",
    "https://host/a b": "holds more than host, port and path; write keys into api_key",
}


@pytest.mark.parametrize("base_url", BASE_URLS)
def test_an_address_that_is_none_or_leaks_is_refused(tmp_path: Path, base_url: str) -> None:
    said = sentence(tmp_path, f'[[upstream]]\nname = "lab"\nbase_url = "{base_url}"')
    assert said == f"[[upstream]] 1: base_url {BASE_URLS[base_url]}"


@pytest.mark.parametrize(
    "base_url",
    [
        "http://localhost:1",
        "http://gpu:1",
        "http://10.0.0.5",
        "http://[::1]:1",
        "http://gpu.lan",
        "https://a.example",
    ],
)
def test_an_address_in_the_own_network_may_be_plain_http(tmp_path: Path, base_url: str) -> None:
    assert loaded(tmp_path, f'[[upstream]]\nname = "lab"\nbase_url = "{base_url}"').upstream


def test_plain_http_to_a_public_address_can_be_asked_for(tmp_path: Path) -> None:
    text = '[[upstream]]\nname = "lab"\nbase_url = "http://api.example.com"\nplain_http = true'
    assert loaded(tmp_path, text).upstream[0].plain_http


SECRETS = {
    'api_key = "sk-canary"': (
        'api_key is no reference; write { env = "NAME" } or { file = "PATH" }, never the secret itself'
    ),
    'api_key = { env = "sk-canary" }': (
        "api_key.env: write the name of an environment variable: letters, digits and _"
    ),
    "api_key = { env = 1234 }": "api_key.env is no reference; write text in quotes",
    "api_key = { }": 'api_key: write { env = "NAME" } or { file = "PATH" }, one of the two',
    'api_key = { env = "A", file = "b" }': (
        'api_key: write { env = "NAME" } or { file = "PATH" }, one of the two'
    ),
}


@pytest.mark.parametrize("line", SECRETS)
def test_a_secret_that_stands_in_the_file_is_refused_and_not_repeated(tmp_path: Path, line: str) -> None:
    said = sentence(tmp_path, LAB + line)
    assert said == f"[[upstream]] 1 {SECRETS[line]}"
    assert "canary" not in said


def test_importing_the_settings_does_not_wait_for_a_web_server() -> None:
    slow = ("aiohttp", "sqlite3", "jinja2", "genai_prices")
    code = f"import sys, payback.settings; print([name for name in {slow} if name in sys.modules])"
    ran = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        timeout=60,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert (ran.stdout, ran.stderr) == ("[]\n", "")
