"""Python's collector of garbage, once a program has what lives as long as it does."""

import gc


def settle() -> None:
    """It leaves alone what is there now, and looks seldom for what comes."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
