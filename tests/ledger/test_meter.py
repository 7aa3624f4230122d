"""The meters' names are written in users' price lists and in the ledger's price rows: they do not change."""

from ledger.meter import Meter


def test_the_names_that_users_and_old_ledgers_hold_still_mean_the_same() -> None:
    assert [meter.value for meter in Meter] == [
        "input",
        "cache_read",
        "cache_write",
        "cache_write_1h",
        "input_audio",
        "output",
        "output_reasoning",
        "output_audio",
        "request",
    ]
