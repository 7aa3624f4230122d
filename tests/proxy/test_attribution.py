"""Who pays: what the call says of itself, then the rules; never a credential, never text without a bound."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from ledger.call import Attribution
from proxy.attribution import LONGEST_NAME, LONGEST_TAGS, Attributor, WorkloadRule, bounded

SECRET = b"of this ledger"
CHAT = "/v1/chat/completions"


def who(*rules: WorkloadRule, model: str | None = "gpt-x", **headers: str) -> Attribution:
    """Header names with underscores for hyphens."""
    sent = CIMultiDict({name.replace("_", "-"): value for name, value in headers.items()})
    return Attributor(rules, SECRET).of(sent, CHAT, model)


def test_a_call_is_what_its_headers_say() -> None:
    told = who(
        X_Payback_Workload="support-bot",
        X_Payback_Project="shop",
        x_payback_user="ana",
        X_PAYBACK_TAGS="team=a,env=prod",
        User_Agent="OpenAI/Python 2.8.0",
    )
    assert told == Attribution(
        workload="support-bot", project="shop", user="ana", tags="team=a,env=prod", client="OpenAI/Python"
    )


def test_a_call_that_says_nothing_is_nobodys() -> None:
    assert who() == Attribution()


def test_a_key_is_known_by_a_hash_that_only_this_ledger_can_make() -> None:
    label = who(Authorization="Bearer sk-secret").key
    assert label is not None
    assert label.startswith("key-")
    assert len(label) == len("key-") + 12
    assert "secret" not in label
    assert who(Authorization="Bearer sk-secret").key == label
    assert who(Authorization="Bearer sk-secreu").key != label
    assert Attributor((), b"another").of({"Authorization": "Bearer sk-secret"}, CHAT, None).key != label


def test_the_same_key_has_one_label_however_it_is_sent() -> None:
    labels = {
        who(Authorization="Bearer sk-1").key,
        who(Authorization="bearer  sk-1 ").key,
        who(x_api_key="sk-1").key,
        who(api_key="sk-1").key,
    }
    assert len(labels) == 1


@pytest.mark.parametrize("nothing", ["", " "])
def test_an_empty_credential_is_none_or_at_least_no_label_of_another(nothing: str) -> None:
    assert who(Authorization=nothing).key != who(Authorization="Bearer sk-1").key


RULES = (
    WorkloadRule(name="nightly", client="cron*"),
    WorkloadRule(name="cheap-shop", project="shop", model="gpt-*"),
    WorkloadRule(name="shop", project="shop"),
    WorkloadRule(name="by-path", path="/v1/embeddings"),
    WorkloadRule(name="ana", user="ana"),
)


@pytest.mark.parametrize(
    ("headers", "model", "workload"),
    [
        ({"X_Payback_Project": "shop"}, "gpt-x", "cheap-shop"),
        ({"X_Payback_Project": "shop"}, "llama", "shop"),
        ({"X_Payback_Project": "shop"}, None, "shop"),
        ({"User_Agent": "cron-job/1.0", "X_Payback_Project": "shop"}, "gpt-x", "nightly"),
        ({"X_Payback_Project": "shop", "X_Payback_Workload": "said"}, "gpt-x", "said"),
        ({"X_Payback_User": "ana"}, None, "ana"),
        ({"X_Payback_User": "anna"}, None, None),
    ],
)
def test_the_header_and_then_the_first_rule_that_fits_name_the_workload(
    headers: dict[str, str], model: str | None, workload: str | None
) -> None:
    assert who(*RULES, model=model, **headers).workload == workload


def test_a_rule_for_a_key_takes_the_label_that_the_report_shows() -> None:
    label = who(Authorization="Bearer sk-1").key
    rule = WorkloadRule(name="mine", key=label)
    assert who(rule, Authorization="Bearer sk-1").workload == "mine"
    assert who(rule, Authorization="Bearer sk-2").workload is None


def test_names_are_bounded() -> None:
    long = who(X_Payback_Workload="w" * 5000, X_Payback_Tags="t" * 5000, User_Agent="a" * 5000)
    assert long.workload == "w" * LONGEST_NAME
    assert long.tags == "t" * LONGEST_TAGS
    assert long.client is not None
    assert len(long.client) <= LONGEST_NAME


@given(st.text(max_size=300))
def test_a_bounded_name_prints_on_one_line_and_is_text(text: str) -> None:
    name = bounded(text)
    if name is not None:
        assert 0 < len(name) <= LONGEST_NAME
        assert not any(ord(char) < 32 or 0x7F <= ord(char) < 0xA0 or char in "\u2028\u2029" for char in name)
        name.encode("utf-8")


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
