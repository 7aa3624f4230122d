"""In CI nothing is skipped in silence: a test that cannot run there fails and says what is missing.

Elsewhere a test may be skipped for want of a browser; .ci/run installs what is needed and sets CI=true."""

import os
from collections.abc import Generator
from typing import TypeVar

import pytest

MAY_BE_SKIPPED = (
    "PAYBACK_AZURE_TRACE", "npm is not installed", "make agents installs it", "make browse-large",
)  # fmt: skip
"""Words of the reasons that count in CI too: a public trace of 700 KB, no part of this project; Node, which
nothing else needs; three programs of 850 MB, which are not made for every machine; and pages over a million
calls, which take minutes to write. Where npm is, all else that it installs has to be too."""

Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    return _no_skip((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(
    collector: pytest.Collector,
) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    return _no_skip((yield))


def _no_skip(report: Report) -> Report:
    """Failed instead of skipped where CI=true; an expected failure stays one."""
    if report.skipped and not hasattr(report, "wasxfail") and os.environ.get("CI") == "true":
        reason = _reason_of(report)
        if not any(word in reason for word in MAY_BE_SKIPPED):
            report.outcome = "failed"
            report.longrepr = f"skipped, which in CI is a failure: {reason}"
    return report


def _reason_of(report: pytest.TestReport | pytest.CollectReport) -> str:
    """pytest gives a skip as (file, line, "Skipped: " and the reason)."""
    reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longreprtext
    return reason.removeprefix("Skipped: ")
