"""Where files are that nobody has named. Apart from the settings, so that a report need not import them."""

from pathlib import Path

from ledger.errors import LedgerError

CONFIGURATION = Path("payback.toml")
"""Read where --config is not given and the file is there."""
LEDGER_NAME = "payback.db"


def ledger_at(chosen: str | None) -> Path:
    """The ledger that an option or a setting names; None: payback.db in the platform's data folder."""
    if chosen is None:
        from platformdirs import user_data_path

        return user_data_path("payback", appauthor=False) / LEDGER_NAME
    if "://" in chosen:
        raise LedgerError(
            f"the ledger {chosen.partition('://')[0]}:// is not known to this version; give a path"
        )
    return Path(chosen).expanduser()
