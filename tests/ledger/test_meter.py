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
        "input_image",
        "output_image",
        "cache_read_audio",
        "cache_read_image",
        "images",
        "audio",
        "characters",
        "web_search",
        "file_search",
        "search_unit",
        "page",
    ]


def test_rates_are_quoted_as_price_lists_write_them() -> None:
    assert (Meter.INPUT.per, Meter.CACHE_READ_IMAGE.per, Meter.CHARACTERS.per) == (1_000_000,) * 3
    assert (Meter.WEB_SEARCH.per, Meter.SEARCH_UNIT.per, Meter.PAGE.per, Meter.REQUEST.per) == (1000,) * 4
    assert (Meter.AUDIO.per, Meter.IMAGES.per) == (60 * 60 * 1000, 1)
