"""Which dialect is spoken over a WebSocket: its path says it."""

from proxy.dialects import openai_realtime, openai_responses_session
from proxy.dialects.session import SessionDialect

SESSIONS: tuple[SessionDialect, ...] = (openai_realtime.DIALECT, openai_responses_session.DIALECT)


def session_at(path: str) -> SessionDialect | None:
    """None: what is said there is not metered.

    >>> session_at("/v1/realtime").operation, session_at("/openai/realtime").operation
    ('realtime', 'realtime')
    >>> session_at("/v1/realtime/translations")
    """
    return next((dialect for dialect in SESSIONS if dialect.path.search(path)), None)
