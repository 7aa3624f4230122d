"""What several tests of the ledger ask for."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from tests.ledger.kept import Ledger


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with closing(Ledger(tmp_path / "payback.db")) as ledger:
        yield ledger
