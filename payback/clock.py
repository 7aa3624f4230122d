"""The only place that reads the time of day. Everywhere else, now is an argument."""

import time
from datetime import UTC, datetime


def utc_now() -> datetime:
    return datetime.now(UTC)  # noqa: TID251


def now_us() -> int:
    """Microseconds since the Unix epoch."""
    return time.time_ns() // 1000  # noqa: TID251
