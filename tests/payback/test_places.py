from pathlib import Path

import pytest

from ledger.errors import LedgerError
from payback.places import ledger_at


def test_a_ledger_that_nobody_names_is_in_the_folder_for_application_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert ledger_at(None).is_relative_to(tmp_path)
    assert ledger_at(None).name == "payback.db"
    assert ledger_at("~/books.db") == tmp_path / "books.db"


def test_a_database_server_is_refused_without_its_password_in_the_message() -> None:
    with pytest.raises(LedgerError) as error:
        ledger_at("postgresql://user:secret@host/db")
    assert "secret" not in str(error.value)
