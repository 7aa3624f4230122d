"""payback keys, and what a running payback makes of it."""

import json
import re
import stat
from pathlib import Path

import pytest

from ledger.call import Attribution
from payback.cli import main
from payback.key_file import read_keys, write_keys
from tests.payback.books import entry_at, keep
from tests.payback.served import refused, served
from tests.proxy.bodies import CHAT, CHAT_REQUEST
from tests.proxy.client import call, post
from tests.proxy.issued import LONG_AGO, issued
from tests.proxy.upstream import scripted_upstream

CONFIGURATION = """
[[upstream]]
name = "openai"
base_url = "http://127.0.0.1:9/v1"
api_key = { env = "PROVIDER_KEY" }
[[key]]
name = "taken"
secret = { env = "TAKEN" }
"""
THERE = "there is a key named there; give another name, or run payback keys revoke there first"
KEYLESS = (
    "key ci: its calls go to the upstream anthropic, which has no key that it could stand for; set api_key in"
    " an [[upstream]] named anthropic, or name another upstream"
)
PAST = "--expires is past; give a day to come, or a span such as 90d"
SOON = (
    "argument --expires: 'soon' is no day and no span; write 2027-01-31, or 90d, or 12h; see payback keys add"
    " --help"
)
TOKEN = re.compile(r"pb-[A-Za-z0-9_-]{43}")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The one where the commands run."""
    (tmp_path / "payback.toml").write_text(CONFIGURATION)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def keys(*argv: str) -> int:
    return main(["keys", *argv, "--ledger", "payback.db"])


def test_a_key_is_printed_once_and_only_its_hash_is_kept(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert keys("add", "ci") == 0
    told = capsys.readouterr()
    token = told.out.strip()
    assert TOKEN.fullmatch(token)
    assert token not in told.err
    file = folder / "payback.db.keys"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert token[3:] not in file.read_text()
    assert sorted(file.name for file in folder.iterdir()) == ["payback.db.keys", "payback.toml"]
    assert keys("list") == 0
    assert keys("list", "--json") == 0
    shown = capsys.readouterr().out
    assert token[:9] in shown
    assert token[:12] not in shown
    assert "sha256" not in shown


def test_two_keys_are_never_alike(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for number in range(5):
        keys("add", f"ci-{number}")
    assert len(set(TOKEN.findall(capsys.readouterr().out))) == 5


def test_a_program_is_told_all_of_a_key(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    options = ["--project", "p", "--workload", "w", "--upstream", "openai", "--model", "a*", "--model", "b"]
    assert keys("add", "ci", *options, "--expires", "2099-01-31", "--json") == 0
    told = json.loads(capsys.readouterr().out)
    assert told["prefix"] == told["token"][:9]
    assert (told["name"], told["project"], told["workload"], told["upstream"]) == ("ci", "p", "w", "openai")
    assert (told["models"], told["expires"], told["revoked"]) == (["a*", "b"], "2099-02-01T00:00:00Z", None)
    assert keys("list", "--json") == 0
    (listed,) = json.loads(capsys.readouterr().out)["keys"]
    assert listed == {**{name: value for name, value in told.items() if name != "token"}, "last_call": None}


def test_the_list_says_when_each_key_was_used_last(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    by_ci = entry_at("2026-10-05T12:00:00", who=Attribution(key="ci"))
    keep(folder / "payback.db", by_ci, entry_at("2026-10-06T12:00:00"))
    known = [
        issued("ci"),
        issued("unused"),
        issued("gone", revoked=LONG_AGO),
        issued("old", expires=LONG_AGO),
    ]
    write_keys(folder / "payback.db.keys", known)
    assert keys("list") == 0
    lines = {line.split()[0]: line.split()[1:5] for line in capsys.readouterr().out.splitlines()}
    assert lines["ci"][1:3] == ["valid", "2026-10-05T12:00Z"]
    assert lines["unused"][1:3] == ["valid", "-"]
    assert lines["gone"][1:3] == ["revoked", "-"]
    assert lines["old"][1:3] == ["expired", "-"]


def test_without_keys_the_list_says_who_is_let_in(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert keys("list") == 0
    assert "payback lets in every call" in capsys.readouterr().out
    with (folder / "payback.toml").open("a") as file:
        file.write("[proxy]\nrequire_key = true\n")
    assert keys("list") == 0
    assert "payback lets in no call" in capsys.readouterr().out


def test_the_options_for_files_may_stand_on_either_side_of_the_action(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "payback.toml").rename(folder / "elsewhere.toml")
    assert main(["keys", "--config", "elsewhere.toml", "add", "a", "--ledger", "other.db"]) == 0
    assert main(["keys", "--ledger", "other.db", "add", "b", "--config", "elsewhere.toml"]) == 0
    assert [key.name for key in read_keys(folder / "other.db.keys")] == ["a", "b"]
    with (folder / "elsewhere.toml").open("a") as file:
        file.write('[proxy]\nkeys = "my.keys"\n')
    assert main(["keys", "--config", "elsewhere.toml", "add", "c"]) == 0
    assert [key.name for key in read_keys(folder / "my.keys")] == ["c"]


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["add", "there"], THERE),
        (["add", "taken"], "the configuration has a [[key]] named taken; give another name"),
        (
            ["add", "ci", "--upstream", "openia"],
            "--upstream openia is no upstream; did you mean openai?",
        ),
        (["add", "ci", "--upstream", "anthropic"], KEYLESS),
        (["add", "ci", "--expires", "2020-01-01"], PAST),
        (["add", "ci", "--expires", "soon"], SOON),
        (["add", ""], "payback keys add: name is empty; write something, or take it out"),
        (
            ["add", "a\nb"],
            "payback keys add: name: write printable characters on one line, without blanks around them",
        ),
        (["add", "x" * 201], "payback keys add: name is 201 characters long; write 200 characters at most"),
        (["revoke", "therre"], "there is no key named 'therre'; did you mean there?"),
        (["revoke", ""], "there is no key named ''; known are there"),
    ],
)  # fmt: skip
def test_what_cannot_be_is_one_sentence_and_changes_nothing(
    argv: list[str], sentence: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys("add", "there")
    before = (folder / "payback.db.keys").read_bytes()
    capsys.readouterr()
    assert keys(*argv) == 2
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", f"payback: {sentence}\n")
    assert (folder / "payback.db.keys").read_bytes() == before


def test_a_key_for_an_upstream_of_ones_own_needs_no_other(folder: Path) -> None:
    assert keys("add", "ci", "--upstream", "ollama") == 0


def test_without_a_key_of_its_own_payback_gives_none_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert keys("add", "ci") == 2
    assert "the upstream openai, which has no key that it could stand for" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_what_is_revoked_stays_and_makes_room_for_a_new_key_of_its_name(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "payback.db.keys"
    assert keys("add", "ci") == keys("revoke", "ci") == 0
    (first,) = read_keys(file)
    assert first.revoked is not None
    assert keys("revoke", "ci") == 0
    assert read_keys(file) == (first,)
    assert keys("add", "ci") == 0
    (second,) = read_keys(file)
    assert second.revoked is None
    assert second.hash != first.hash


def test_a_damaged_file_is_told_and_not_written_over(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = folder / "payback.db.keys"
    file.write_text("[[key]]\nname = ")
    for argv in (["add", "ci"], ["revoke", "ci"], ["list"]):
        assert keys(*argv) == 2
        assert "payback.db.keys is not TOML; put a copy of it back, or mend it" in capsys.readouterr().err
    assert file.read_text() == "[[key]]\nname = "


async def test_a_running_payback_follows_the_commands(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """As a program of its own, from the first key to the last."""
    async with scripted_upstream() as upstream:
        text = CONFIGURATION.replace("http://127.0.0.1:9/v1", upstream.base_url)
        (folder / "payback.toml").write_text(text)
        async with served(folder, PROVIDER_KEY="sk-provider", TAKEN="sk-taken") as payback:

            async def status(token: str) -> int:
                sent = post(CHAT, CHAT_REQUEST, ("Authorization", f"Bearer {token}"))
                return (await call(payback.port, sent)).status

            assert await status("sk-taken") == 200
            assert keys("add", "ci", "--project", "care") == 0
            token = capsys.readouterr().out.strip()
            assert [await status("sk-taken"), await status(token)] == [401, 200]
            assert keys("revoke", "ci") == 0
            assert await status(token) == 401
            payback.terminate()
            assert await payback.ended() == (0, "")
    assert len(upstream.received) == 2


async def test_a_start_with_keys_that_open_nothing_is_refused_before_a_ledger_is_made(folder: Path) -> None:
    write_keys(folder / "payback.db.keys", [issued("ci", upstream="lost")])
    environment = {"PROVIDER_KEY": "sk-provider", "TAKEN": "sk-taken"}
    said = await refused(folder, "--port", "0", "--ledger", str(folder / "payback.db"), **environment)
    assert said.startswith(
        "key ci: its calls go to lost, which is no upstream; write an [[upstream]] of that name"
    )
    assert not (folder / "payback.db").exists()


async def test_a_start_that_lets_others_in_without_a_key_says_so(folder: Path) -> None:
    environment = {"PROVIDER_KEY": "sk-provider", "TAKEN": "sk-taken", "REPORT": "secret"}
    text = f'{CONFIGURATION}[report]\npassword = {{ env = "REPORT" }}\n'
    (folder / "payback.toml").write_text(text)
    async with served(folder, "--host", "0.0.0.0", **environment) as payback:
        payback.terminate()
        _, said = await payback.ended()
    assert said == (
        "payback: WARNING: whoever reaches 0.0.0.0 may make calls, and spends on the api_key of openai; give"
        " clients keys with payback keys add, or let only them reach it\n"
    )
