"""The log: on standard error, as text for people or as JSON for programs. Neither has a body, a header or a
key in it: callers give events and facts of payback's own."""

import json
import logging
import sys
import traceback
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from proxy.call_name import CallName

if TYPE_CHECKING:
    from payback.sections import Log

TEXT = "payback: %(levelname)s: %(message)s"


def set_up(log: "Log", *, verbose: bool = False) -> None:
    """For the whole process. *verbose* asks for info where *log* has less."""
    begin(log.format, level_of(log, verbose=verbose))


def begin(form: str, level: int) -> None:
    """*form* is text or json."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter() if form == "json" else logging.Formatter(TEXT))
    logging.basicConfig(level=level, handlers=[handler])
    logging.captureWarnings(True)


def level_of(log: "Log", *, verbose: bool) -> int:
    level = logging.getLevelNamesMapping()[log.level.upper()]
    return min(level, logging.INFO) if verbose else level


class JsonFormatter(logging.Formatter):
    """A line for each record: time (UTC), level, event, the module that says it, call_id, fault."""

    def format(self, record: logging.LogRecord) -> str:
        facts: dict[str, object] = {"logger": record.name}
        if call_id := _call_id_in(record):
            facts["call_id"] = call_id
        if record.exc_info and record.exc_info[1] is not None:
            facts["fault"] = "".join(traceback.format_exception(record.exc_info[1])).rstrip()
        at = datetime.fromtimestamp(record.created, UTC)
        return line_of(at, record.levelname.lower(), record.getMessage(), **facts)


def line_of(at: datetime, level: str, event: str, **facts: object) -> str:
    """
    >>> line_of(datetime(2026, 11, 22, 12, tzinfo=UTC), "info", "stopping", seconds=30)
    '{"time": "2026-11-22T12:00:00.000Z", "level": "info", "event": "stopping", "seconds": 30}'
    """
    time = f"{at:%Y-%m-%dT%H:%M:%S}.{at.microsecond // 1000:03d}Z"
    return json.dumps({"time": time, "level": level, "event": event, **facts}, default=str)


def _call_id_in(record: logging.LogRecord) -> str | None:
    values = record.args if isinstance(record.args, tuple) else ()
    return next((str(value) for value in values if isinstance(value, CallName)), None)
