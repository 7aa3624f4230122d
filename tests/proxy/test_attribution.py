"""Who pays: what the call says of itself, then the rules; never a credential, never text without a bound."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from ledger.call import Attribution
from proxy.aliases import FIELDS
from proxy.attribution import Attributor
from proxy.body_names import BodyNames
from proxy.bounds import LONGEST_NAME
from proxy.credential import HEADERS, label_of
from proxy.distinct import DistinctNames
from proxy.tags import LONGEST_TAGS
from proxy.workload_rule import FACTS, WorkloadRule

SECRET = b"of this ledger"
CHAT = "/v1/chat/completions"


def who(*rules: WorkloadRule, model: str | None = "gpt-x", **headers: str) -> Attribution:
    """Header names with underscores for hyphens."""
    return Attributor(rules, SECRET).of(written(headers), CHAT, model)


def written(headers: Mapping[str, str]) -> CIMultiDict[str]:
    return CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})


def rule(name: str, **facts: str) -> WorkloadRule:
    return WorkloadRule(name=name, facts={fact: facts[fact] for fact in FACTS if fact in facts})


def test_a_call_is_what_its_headers_say() -> None:
    told = who(
        X_Payback_Workload="support-bot",
        X_Payback_Project="shop",
        x_payback_user="ana",
        X_Payback_Session="s-1",
        X_PAYBACK_TAGS="team=a,env=prod",
        User_Agent="OpenAI/Python 2.8.0",
    )
    assert told == Attribution(
        workload="support-bot",
        project="shop",
        user="ana",
        session="s-1",
        tags="team=a,env=prod",
        client="OpenAI/Python",
    )


def test_a_call_that_says_nothing_is_nobodys() -> None:
    assert who() == Attribution()


def test_headers_go_before_the_body_and_their_tags_come_together() -> None:
    body = BodyNames(user="ben", metadata={"team": "b", "env": "prod"})
    sent = {"Helicone-User-Id": "ana", "X-Payback-Tags": "team=a"}
    told = Attributor((), SECRET).of(CIMultiDict(sent), CHAT, None, names=body)
    assert (told.user, told.tags) == ("ana", "team=a,env=prod")
    told = Attributor((), SECRET).of(CIMultiDict({}), CHAT, None, names=body)
    assert told == Attribution(user="ben", tags="team=b,env=prod")


def test_codex_is_known_by_its_originator_where_there_is_no_user_agent() -> None:
    sent = {"originator": "codex_cli_rs", "session_id": "s-1"}
    assert who(**sent) == Attribution(client="codex_cli_rs", session="s-1")
    assert who(**sent, User_Agent="codex_vscode/0.72.0 (Linux)").client == "codex_vscode"


def test_the_same_key_has_one_label_however_it_is_sent() -> None:
    labels = {
        who(Authorization="Bearer sk-1").key,
        who(Authorization="bearer  sk-1 ").key,
        who(x_api_key="sk-1").key,
        who(api_key="sk-1").key,
        who(x_goog_api_key="sk-1").key,
        Attributor((), SECRET).of(CIMultiDict({}), CHAT, None, "alt=sse&key=sk-1").key,
    }
    assert labels == {label_of("sk-1", SECRET)}


@pytest.mark.parametrize("nothing", ["", " "])
def test_an_empty_credential_is_none(nothing: str) -> None:
    assert who(Authorization=nothing).key is None


def test_a_key_that_the_configuration_names_has_that_name() -> None:
    attributor = Attributor(
        [rule("builds", key="ci")],
        SECRET,
        key_names={label_of("sk-ci", SECRET): "ci"},
        distinct=DistinctNames(1),
    )
    for _ in range(2):
        told = [
            attributor.of(CIMultiDict({"Authorization": "Bearer sk-" + name}), CHAT, None)
            for name in ("a", "b", "ci")
        ]
        assert [call.key for call in told] == [label_of("sk-a", SECRET), "other", "ci"]
        assert [call.workload for call in told] == [None, None, "builds"]


RULES = (
    rule("nightly", client="cron*"),
    rule("cheap-shop", project="shop", model="gpt-*"),
    rule("shop", project="shop"),
    rule("by-path", path="/v1/embeddings"),
    rule("ana", user="ana"),
    rule("chains", user_agent="*langchain*"),
    WorkloadRule(name="search", headers={"X-Team": "search*"}),
)


@pytest.mark.parametrize(
    ("headers", "model", "workload"),
    [
        ({"X_Payback_Project": "shop"}, "gpt-x", "cheap-shop"),
        ({"OpenAI_Project": "shop"}, "gpt-x", "cheap-shop"),
        ({"X_Payback_Project": "shop"}, "llama", "shop"),
        ({"X_Payback_Project": "shop"}, None, "shop"),
        ({"User_Agent": "cron-job/1.0", "X_Payback_Project": "shop"}, "gpt-x", "nightly"),
        ({"X_Payback_Project": "shop", "X_Payback_Workload": "said"}, "gpt-x", "said"),
        ({"X_Payback_Project": "shop", "X_Title": "said"}, "gpt-x", "said"),
        ({"X_Payback_User": "ana"}, None, "ana"),
        ({"X_Payback_User": "anna"}, None, None),
        ({"User_Agent": "OpenAI/Python 2.8.0 langchain/1.0"}, None, "chains"),
        ({"x_team": "search-eu"}, None, "search"),
    ],
)
def test_the_header_and_then_the_first_rule_that_fits_name_the_workload(
    headers: dict[str, str], model: str | None, workload: str | None
) -> None:
    assert who(*RULES, model=model, **headers).workload == workload


def test_a_rule_for_a_user_takes_the_one_that_the_body_names() -> None:
    attributor = Attributor([rule("mine", user="ana")], SECRET)
    assert attributor.of(CIMultiDict({}), CHAT, None, names=BodyNames(user="ana")).workload == "mine"


def test_a_rule_for_a_key_takes_the_label_that_the_report_shows() -> None:
    label = who(Authorization="Bearer sk-1").key
    mine = rule("mine", key=label or "no label")
    assert who(mine, Authorization="Bearer sk-1").workload == "mine"
    assert who(mine, Authorization="Bearer sk-2").workload is None


def test_names_beyond_the_bound_are_other_but_for_those_of_rules() -> None:
    """Rules see the names as they were sent: a full memory must not change whose call it is."""
    attributor = Attributor([rule("ana", user="ana")], SECRET, distinct=DistinctNames(1))
    told = [attributor.of(CIMultiDict({"X-Payback-User": user}), CHAT, None) for user in ("ben", "ana")]
    assert [(call.user, call.workload) for call in told] == [("ben", None), ("other", "ana")]
    said = [
        attributor.of(CIMultiDict({"X-Payback-Workload": name}), CHAT, None).workload
        for name in ("a", "b", "ana")
    ]
    assert said == ["a", "other", "ana"]
    sessions = [
        attributor.of(CIMultiDict({"X-Payback-Session": name}), CHAT, None).session for name in ("a", "b")
    ]
    assert sessions == ["a", "b"]


@pytest.mark.parametrize(
    ("field", "header"),
    [
        ("workload", "X-Title"),
        ("project", "OpenAI-Project"),
        ("user", "Helicone-User-Id"),
        ("client", "User-Agent"),
        ("key", "x-api-key"),
    ],
)
def test_every_kind_of_name_is_bounded_in_number(field: str, header: str) -> None:
    attributor = Attributor((), SECRET, distinct=DistinctNames(1))
    first, second = (
        getattr(attributor.of(CIMultiDict({header: text}), CHAT, None), field) for text in ("a", "b")
    )
    assert first not in (None, "other")
    assert second == "other"


def test_models_are_bounded_in_length_and_in_number() -> None:
    attributor = Attributor((), SECRET, distinct=DistinctNames(1))
    models = ["gpt-x\n", "made-up", "gpt-x", None]
    assert [attributor.name_of("model", model) for model in models] == ["gpt-x", "other", "gpt-x", None]
    assert attributor.name_of("model", "m" * 5000) == "other"


def test_names_are_bounded() -> None:
    long = who(X_Payback_Workload="w" * 5000, X_Payback_Tags="t=" + "v" * 5000, User_Agent="a" * 5000)
    assert long.workload == "w" * LONGEST_NAME
    assert long.tags == "t=" + "v" * LONGEST_NAME
    assert long.client is not None
    assert len(long.client) <= LONGEST_NAME


@pytest.mark.parametrize(
    ("agent", "client"),
    [
        ("OpenAI/Python 2.8.0", "OpenAI/Python"),
        ("curl/8.5.0", "curl"),
        ("claude-cli/2.1 (external, cli)", "claude-cli"),
        ("python-requests/2.32 x/1", "python-requests"),
        ("\x1b[31mred", "[31mred"),
        ("", None),
    ],
)
def test_a_client_is_the_product_without_its_version(agent: str, client: str | None) -> None:
    assert who(User_Agent=agent).client == client


KEY = "sk-proj-7f3aCanary0123456789=abcdef"
ANY_HEADER = [*(name for names in FIELDS.values() for name in names), "x-payback-tags", "x-litellm-tags"]
ANY_HEADER += ["x-litellm-spend-logs-metadata", "cf-aig-metadata", "Helicone-Property-Key", "User-Agent"]


SHAPES = ("{}", "my key is {}", "a={}", '{{"key": "{}"}}', "x" * 190 + "{}", "https://{}/")


@pytest.mark.parametrize("header", ANY_HEADER)
def test_a_credential_that_is_sent_as_a_name_too_is_not_kept(header: str) -> None:
    """However it is sent; nor is the first part of it, where the rest is cut, nor in another case."""
    credentials = [(CIMultiDict({name: KEY}), "") for name in HEADERS] + [(CIMultiDict(), f"key={KEY}")]
    for sent, query in credentials:
        for shape in SHAPES:
            sent[header] = shape.format(KEY)
            kept = repr(Attributor((), SECRET).of(sent, CHAT, None, query))
            assert KEY[:16].lower() not in kept.lower(), shape


def test_a_word_that_local_servers_are_sent_as_a_key_may_be_in_a_name() -> None:
    told = who(Authorization="Bearer ollama", X_Payback_Workload="ollama-trial", User_Agent="ollama/1")
    assert (told.workload, told.client) == ("ollama-trial", "ollama")


TEXT = st.text(max_size=300) | st.sampled_from(
    [KEY, f"a,{KEY},b", f"x{KEY}=1", '{"a": "' + KEY + '"}', "\x00"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXT,
    lambda inner: st.lists(inner) | st.dictionaries(st.sampled_from(["user_id", "a"]) | TEXT, inner),
    max_leaves=10,
)
SENT = st.dictionaries(st.sampled_from(ANY_HEADER) | st.text(max_size=80), TEXT, max_size=8)


@given(SENT, TEXT, TEXT, st.builds(BodyNames, VALUES, VALUES, VALUES))
def test_whatever_a_client_sends_its_names_are_bounded_printable_and_no_credential(
    headers: Mapping[str, str], path: str, query: str, names: BodyNames
) -> None:
    sent = CIMultiDict({**headers, "Authorization": f"Bearer {KEY}"})
    told = Attributor(RULES, SECRET).of(sent, path, query, query, names)
    assert told.key == label_of(KEY, SECRET)
    for field in Attribution.__struct_fields__:
        text = getattr(told, field)
        if text is not None:
            assert 0 < len(text) <= (LONGEST_TAGS if field == "tags" else LONGEST_NAME)
            assert text.isprintable()
            assert KEY.lower() not in text.lower()
