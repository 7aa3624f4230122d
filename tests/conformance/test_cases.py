"""Every case at payback. `make conformance` sets nginx beside it."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.conformance.case import Case
from tests.conformance.cases import ALL, THEMES
from tests.conformance.known import KNOWN
from tests.conformance.proxies import Standing, payback

pytestmark = pytest.mark.asyncio(loop_scope="module")
FEWEST = 120


def param(case: Case) -> object:
    reason = KNOWN.get(case.title)
    marks = [] if reason is None else [pytest.mark.xfail(reason=reason, strict=True)]
    return pytest.param(case, id=case.title, marks=marks)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def standing() -> AsyncIterator[Standing]:
    async with payback() as started:
        yield started


@pytest.mark.parametrize("case", [param(case) for case in ALL])
async def test_payback_is_right(case: Case, standing: Standing) -> None:
    assert await standing.sees(case) in case.expected


async def test_no_case_hides_another_and_no_theme_is_empty() -> None:
    titles = [case.title for case in ALL]
    assert len(titles) == len(set(titles)) >= FEWEST
    assert len({case.theme for case in ALL}) == len(THEMES)


async def test_what_is_known_is_a_case() -> None:
    assert KNOWN.keys() <= {case.title for case in ALL}
