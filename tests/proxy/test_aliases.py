"""Headers that other gateways and clients use to say who pays."""

import re
from pathlib import Path

import pytest
from multidict import CIMultiDict

from proxy import aliases
from proxy.aliases import FIELDS, fields_in, said_in, tag_sources
from proxy.tags import render_tags

README = Path(__file__).parents[2] / "README.md"
HOSTS = {"http-referer": "https://shop.example/cart?id=1"}
"""Headers that are not taken as they are."""


def told(*headers: tuple[str, str]) -> dict[str, str]:
    return fields_in(said_in(CIMultiDict(headers)))


def tags(*headers: tuple[str, str]) -> str | None:
    return render_tags(tag_sources(said_in(CIMultiDict(headers))))


@pytest.mark.parametrize(("field", "name"), [(field, name) for field in FIELDS for name in FIELDS[field]])
def test_every_header_alone_fills_its_field_however_it_is_written(field: str, name: str) -> None:
    value = HOSTS.get(name, "value")
    expected = {field: "shop.example" if name in HOSTS else "value"}
    assert told((name, value)) == told((name.upper(), value)) == told((name.title(), value)) == expected


@pytest.mark.parametrize("field", FIELDS)
def test_of_several_the_more_preferred_counts_and_an_empty_one_does_not(field: str) -> None:
    """Sent the other way round, so that the order on the wire would mislead."""
    names = FIELDS[field]
    for at in range(len(names) - 1):
        sent = [(name, HOSTS.get(name, f"from {name}")) for name in reversed(names[at:])]
        assert told(*sent) == {field: f"from {names[at]}"}
        assert told(*sent[:-1], (names[at], "\t ")) != told(*sent)


def test_the_readme_names_every_header_in_the_order_of_preference() -> None:
    text = README.read_text("utf-8").lower()
    for field, names in FIELDS.items():
        row = text.partition(f"| {field} |")[2].partition("\n")[0]
        named = [name for name in re.findall(r"`([\w-]+)`", row) if name in names]
        assert named == list(names), field


def test_the_first_of_a_repeated_header_counts() -> None:
    assert told(("X-Title", "a"), ("x-title", "b")) == {"workload": "a"}


def test_headers_that_say_nothing_of_who_pays_are_not_looked_at() -> None:
    assert said_in(CIMultiDict({"Authorization": "Bearer sk-canary", "X-Stainless-OS": "Linux"})) == {}
    assert said_in(CIMultiDict({"Cookie": "user=x", "X-User": "ana", "X-Title": "t"})) == {"x-title": "t"}


@pytest.mark.parametrize(
    ("address", "workload"),
    [
        ("https://Shop.example:8443/cart", "shop.example"),
        ("https://user:canary@shop.example", "shop.example"),
        ("https://[::1", None),
        ("shop", None),
        ("https://" + "a" * 5000, "a" * 200),
    ],
)
def test_of_an_address_the_host_is_the_workload(address: str, workload: str | None) -> None:
    assert told(("HTTP-Referer", address)).get("workload") == workload


def test_open_webuis_name_is_decoded() -> None:
    """It is sent as quote(name, safe=" ") writes it."""
    assert told(("X-OpenWebUI-User-Name", "J%C3%BCrgen M")) == {"user": "Jürgen M"}


def test_open_webuis_id_goes_before_what_names_a_person() -> None:
    sent = [("X-OpenWebUI-User-Name", "Ana"), ("X-OpenWebUI-User-Email", "ana@shop.example")]
    assert told(*sent, ("X-OpenWebUI-User-Id", "7c9e6679")) == {"user": "7c9e6679"}


def test_tags_of_all_kinds_are_put_together_our_own_first() -> None:
    told = tags(
        ("cf-aig-metadata", '{"team": "AI", "test": true}'),
        ("Helicone-Property-Feature", "chat"),
        ("helicone-property-TEAM", "c"),
        ("x-litellm-spend-logs-metadata", '{"project_id": "p"}'),
        ("x-litellm-tags", "nightly,team=b"),
        ("X-Payback-Tags", "team=a"),
    )
    assert told == "team=a,tag=nightly,project_id=p,test=true,feature=chat"


@pytest.mark.parametrize("value", ["", "no json", "[1]", "{", '{"a": {"b": 1}}'])
def test_an_object_that_is_none_gives_no_tags(value: str) -> None:
    assert tags(("cf-aig-metadata", value), ("x-litellm-spend-logs-metadata", value)) is None


def test_what_is_remembered_of_headers_names_is_bounded() -> None:
    """Clients choose them: a million names, or one of a million characters, would stay for good."""
    before = len(aliases._spellings)
    assert said_in({"x-" + "a" * 64: "1"}) == {}
    assert len(aliases._spellings) == before
    for number in range(3000):
        assert said_in({f"x-made-up-{number}": "1", "x-Title": "t"}) == {"x-title": "t"}
    assert len(aliases._spellings) <= aliases.REMEMBERED_NAMES
