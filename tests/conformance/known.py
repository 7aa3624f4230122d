"""Cases in which payback is known to be wrong, each with the reason. One that is right leaves the table."""

KNOWN: dict[str, str] = {}
"""By title."""
