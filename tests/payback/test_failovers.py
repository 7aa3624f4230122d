"""What is said of an upstream that cannot stand in for another, before a call finds out."""

from typing import Any

import pytest

from payback.errors import SettingsError
from payback.settings import read_settings

SELF = {"self_hosted": True}


def block(name: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "base_url": "http://127.0.0.1:8000/v1", **more}


def settings_with(*upstreams: dict[str, Any]) -> Any:
    return read_settings({"upstream": list(upstreams)}, "test")


@pytest.mark.parametrize(
    ("upstreams", "said"),
    [
        (
            [block("lab", failover="spre"), block("spare", **SELF)],
            'upstream lab: failover "spre" is no upstream; did you mean spare?',
        ),
        (
            [block("lab", failover="lab", **SELF)],
            'upstream lab: failover "lab" is the upstream itself; name another one',
        ),
        (
            [block("lab", failover="openai")],
            (
                'upstream lab: failover "openai" has no key: a client\'s own was meant for lab and does not '
                "go there; set the api_key of openai, or its self_hosted = true"
            ),
        ),
    ],
)
def test_a_failover_that_leads_nowhere_good_is_refused_in_a_sentence(
    upstreams: list[dict[str, Any]], said: str
) -> None:
    with pytest.raises(SettingsError) as raised:
        settings_with(*upstreams)
    assert str(raised.value) == f"test: {said}"


def test_two_may_stand_in_for_each_other_and_more_may_go_round() -> None:
    """A call goes on once: tests/proxy/test_attempts.py."""
    pair = [block("b", failover="c", **SELF), block("c", failover="b", **SELF)]
    assert settings_with(block("a", failover="b", **SELF), *pair).upstream[1].failover == "c"


@pytest.mark.parametrize("spare", [SELF, {"api_key": {"env": "SPARE_KEY"}}])
def test_one_with_a_key_or_of_ones_own_may_stand_in(spare: dict[str, Any]) -> None:
    assert settings_with(block("lab", failover="spare"), block("spare", **spare)).upstream[0].failover


def test_a_built_in_upstream_of_ones_own_may_too() -> None:
    assert settings_with(block("lab", failover="ollama")).upstream[0].failover == "ollama"
