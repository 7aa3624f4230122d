"""The ledger file's schema: is it ours, is it ours to read, and how it grows."""

import sqlite3
from pathlib import Path

from ledger.errors import SchemaError

APPLICATION_ID = 0x70617962
"""payb, at offset 68 of the file: https://www.sqlite.org/pragma.html#pragma_application_id"""


def migrations() -> list[tuple[int, str]]:
    """Number and text of each migration, ascending."""
    scripts = Path(__file__).with_name("migrations").glob("*.sql")
    return sorted((int(file.name[:4]), file.read_text("utf-8")) for file in scripts)


def migrate(connection: sqlite3.Connection, path: str) -> None:
    """Bring the file to this program's schema; a step that fails leaves nothing behind.

    Raises SchemaError where the file belongs to another program or to a newer payback."""
    version = check(connection, path)
    for number, script in migrations():
        if number > version:
            try:
                connection.executescript(
                    f"BEGIN IMMEDIATE; PRAGMA application_id = {APPLICATION_ID}; {script}\n;"
                    f" PRAGMA user_version = {number}; COMMIT;"
                )
            finally:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")


def check(connection: sqlite3.Connection, path: str) -> int:
    """The file's schema version; 0 for a new file. Raises SchemaError as migrate does."""
    application_id, version, tables = (
        connection.execute(question).fetchone()[0]
        for question in ("PRAGMA application_id", "PRAGMA user_version", "SELECT count(*) FROM sqlite_schema")
    )
    known = migrations()[-1][0]
    if application_id != APPLICATION_ID and (application_id or tables):
        raise SchemaError(f"{path} is another program's database; give --ledger another path")
    if version > known:
        raise SchemaError(
            f"{path} has ledger schema {version}, this payback knows schemas up to {known}; upgrade payback"
        )
    return int(version)


def check_readable(connection: sqlite3.Connection, path: str) -> None:
    """Raises SchemaError where this program's questions cannot be put to the file."""
    version, known = check(connection, path), migrations()[-1][0]
    if version == 0:
        raise SchemaError(
            f"{path} is empty, not a ledger; start payback serve first, or give --ledger another path"
        )
    if version < known:
        raise SchemaError(
            f"{path} has ledger schema {version}, this payback reads {known};"
            " start payback serve once, which brings it up to date"
        )
