"""The parts of the configuration: what each is made of is told in one place."""

import pytest
from pydantic import ValidationError

from payback.caller_sections import WorkloadMatch
from payback.sections import Proxy
from payback.setting_types import LONGEST_NAME


def test_nobody_needs_a_key_of_ours_unless_that_is_said() -> None:
    assert (Proxy().require_key, Proxy().keys) == (False, None)
    with pytest.raises(ValidationError):
        Proxy(require_key="no")  # type: ignore[arg-type]  # a text that is true to a lenient reader


def test_a_header_that_holds_a_secret_is_no_pattern() -> None:
    with pytest.raises(ValidationError, match="holds a secret"):
        WorkloadMatch(header={"X-API-Key": "sk-*"})


def test_a_name_is_as_long_as_the_ledger_keeps_it() -> None:
    assert WorkloadMatch(key="x" * LONGEST_NAME)
    with pytest.raises(ValidationError):
        WorkloadMatch(key="x" * (LONGEST_NAME + 1))
