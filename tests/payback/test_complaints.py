"""How a fault in the configuration becomes a sentence. Which sentence each gets is in test_settings."""

import pytest
from pydantic import ValidationError

from payback.complaints import nearest, sentence_of
from payback.section import section_in
from payback.settings import Settings
from payback.upstream_section import UpstreamSettings


def test_a_name_is_offered_only_where_it_is_alike() -> None:
    assert nearest("anthropc", ["anthropic", "openai"]) == "did you mean anthropic?"
    assert nearest("x", ["anthropic", "openai"]) == "known are anthropic, openai"


def test_of_many_faults_the_first_is_told_and_a_misspelt_key_before_others() -> None:
    with pytest.raises(ValidationError) as raised:
        Settings.model_validate({"server": {"port": "x"}, "ledgr": {}})
    assert len(raised.value.errors()) == 2
    assert sentence_of(raised.value, Settings) == "ledgr is no known key; did you mean ledger?"


def test_a_section_is_found_in_a_list_and_in_a_choice() -> None:
    assert section_in(Settings.model_fields["upstream"].annotation) is UpstreamSettings
    assert section_in(Settings.model_fields["default_upstream"].annotation) is None
    password = section_in(Settings.model_fields["report"].annotation)
    assert password is not None
    assert section_in(password.model_fields["password"].annotation) is not None
