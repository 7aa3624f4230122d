"""Tags, in one form whoever gave them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proxy.tags import LONGEST_TAG_NAME, LONGEST_TAGS, json_object, render_tags, tags_in_list, tags_in_table

TEXT = st.text(max_size=300)


def rendered(text: str) -> str | None:
    return render_tags([tags_in_list(text)])


@pytest.mark.parametrize(
    ("text", "tags"),
    [
        ("team=search,env=prod", "team=search,env=prod"),
        (" team = search ,, env=prod,", "team=search,env=prod"),
        ("nightly, batch", "tag=nightly,tag=batch"),
        ("formula=a=b", "formula=a=b"),
        ("empty=,=nameless", None),
        ("", None),
    ],
)
def test_a_list_of_tags_is_brought_into_one_form(text: str, tags: str | None) -> None:
    assert rendered(text) == tags


def test_a_table_gives_a_tag_for_each_member_without_parts() -> None:
    table = json_object('{"team": "AI", "user": 12345, "test": true, "parts": {"a": 1}, "nothing": null}')
    assert render_tags([tags_in_table(table)]) == "team=AI,user=12345,test=true"


def test_a_comma_or_an_equals_sign_does_not_make_a_second_tag() -> None:
    table = {"a,b=c": "d,e=f", 7: "seven"}
    assert render_tags([tags_in_table(table)]) == "a_b_c=d;e=f,7=seven"


@pytest.mark.parametrize("text", ["", "[1]", "null", "{", "[" * 100_000, "1" * 5000, "\udcff"])
def test_what_is_no_json_object_is_an_empty_one(text: str) -> None:
    assert json_object(text) == {}


def test_a_header_that_is_not_utf_8_is_read_but_for_that_letter() -> None:
    assert render_tags([tags_in_table(json_object('{"name": "J\udcfcrgen"}'))]) == "name=J?rgen"


def test_a_name_keeps_the_value_that_the_first_source_gave_it() -> None:
    sources = [[("team", "a"), ("tag", "x"), ("tag", "y")], [("team", "b"), ("tag", "z"), ("env", "prod")]]
    assert render_tags(sources) == "team=a,tag=x,tag=y,env=prod"


def test_tags_that_do_not_fit_are_left_out_as_a_whole() -> None:
    """Half a value would be another value: 5 * 200 + 4 commas would be 1004."""
    entries = [(f"t{number}", "v" * 197) for number in range(5)]
    tags = render_tags([entries])
    assert tags == ",".join(f"t{number}=" + "v" * 197 for number in range(4))
    assert render_tags([[*entries[:4], ("t", "v" * 194)]]) == f"{tags},t=" + "v" * 194
    assert render_tags([[*entries[:4], ("t", "v" * 195)]]) == tags


def test_of_a_long_list_no_more_is_read_than_can_be_kept() -> None:
    assert rendered(",".join(f"t{number}=1" for number in range(10_000))) == ",".join(
        f"t{number}=1" for number in range(64)
    )
    assert render_tags([tags_in_table({str(number): "1" for number in range(100)})]) == ",".join(
        f"{number}=1" for number in range(64)
    )


@given(st.lists(st.lists(st.tuples(TEXT, TEXT))), TEXT, st.dictionaries(TEXT, TEXT))
def test_tags_can_be_taken_apart_again(
    sources: list[list[tuple[str, str]]], text: str, table: dict[object, object]
) -> None:
    tags = render_tags([*sources, tags_in_list(text), tags_in_table(table)])
    if tags is not None:
        assert 0 < len(tags) <= LONGEST_TAGS
        assert tags.isprintable()
        for entry in tags.split(","):
            name, equals, value = entry.partition("=")
            assert 0 < len(name) <= LONGEST_TAG_NAME
            assert equals
            assert value
