"""Every module has a test: one that imports it, or one that is named after it and sees it at work."""

from tests.architecture.house import PACKAGES, imported_by, modules

UNTESTED = {
    "payback.__main__": "three lines; tests run it as a program",
}
"""Modules without a test, each with the reason."""


def test_every_module_has_a_test() -> None:
    tests = dict(modules("tests"))
    tested = {name for file in tests.values() for name in imported_by(file)}
    sources = {name for name, file in modules(*PACKAGES) if file.name != "__init__.py"}
    untested = {name for name in sources - tested if _namesake(name) not in tests}
    forgotten, outdated = untested - UNTESTED.keys(), UNTESTED.keys() - untested
    assert not forgotten, f"write a test, or a reason into UNTESTED: {', '.join(sorted(forgotten))}"
    assert not outdated, f"no longer untested, or no longer there: {', '.join(sorted(outdated))}"


def _namesake(module: str) -> str:
    """tests.payback.test_import for payback.commands.import_"""
    return f"tests.{module.partition('.')[0]}.test_{module.rpartition('.')[2].rstrip('_')}"
