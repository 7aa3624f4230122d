"""The API does what its document says, whatever is asked of it; and the document says what the code does."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from ledger.exports.columns import NAMES
from tests.web.api.server import served_in_thread
from tests.web.projected import Answering
from tests.web.sample import hostile_entries, varied_entries, write_ledger
from tests.web.server import asked, serving, settings_for
from web.api.examples import examples
from web.api.openapi import document
from web.api.schemas import SCHEMAS
from web.calls.query import FIELDS
from web.plan_query import FIELDS as PLAN_FIELDS

SCHEMA = schemathesis.openapi.from_dict(document())  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Over calls of every kind, with names that mean harm, and a projector that has an answer."""
    ledger = tmp_path_factory.mktemp("api") / "payback.db"
    write_ledger(ledger, [*varied_entries(), *hostile_entries()])
    with served_in_thread(settings_for(ledger, projector=Answering())) as found:
        yield found


@SCHEMA.parametrize()
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
def test_every_answer_is_as_the_document_says_and_none_is_a_fault(case: Any, address: str) -> None:
    """A day after the last one, or a month without days, fits a pattern and is still refused."""
    answer = case.call(base_url=address)
    assert answer.status_code not in (500, 503), answer.text
    case.validate_response(answer, excluded_checks=[positive_data_acceptance])


@pytest.mark.parametrize("name", examples())
def test_every_example_is_as_its_schema_says(name: str) -> None:
    whole = {**document()["components"]["schemas"][name], "components": document()["components"]}  # type: ignore[index]
    jsonschema_rs.Draft202012Validator(whole, validate_formats=True).validate(examples()[name])


def test_every_column_of_an_export_is_in_a_row() -> None:
    row: Any = SCHEMAS["Row"]
    assert tuple(row["properties"]) == NAMES


def _parameters(path: str) -> list[str]:
    operation: Any = document()["paths"][f"/-/api/{path}"]["get"]  # type: ignore[index]
    return [parameter["name"] for parameter in operation["parameters"]]


def test_every_filter_of_the_calls_page_is_one_of_the_api() -> None:
    assert _parameters("calls") == [*FIELDS, "before", "after", "limit"]


def test_every_field_of_a_plan_can_be_asked_for_and_posted() -> None:
    assert _parameters("project") == list(PLAN_FIELDS)
    schemas: Any = document()["components"]["schemas"]  # type: ignore[index]
    assert set(schemas["Plan"]["properties"]) == set(PLAN_FIELDS)


async def test_the_document_is_served_as_it_is(tmp_path: Path) -> None:
    async with serving(settings_for(write_ledger(tmp_path / "payback.db", []))) as address:
        answer = await asked(f"{address}/-/api/openapi.json")
    assert json.loads(answer.text) == json.loads(json.dumps(document()))
