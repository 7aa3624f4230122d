"""What the entrance knows of who asks, and the pages behind it do not."""

from dataclasses import dataclass

from aiohttp import web


@dataclass(frozen=True, slots=True)
class SignIn:
    """The form for the password, as it is to be shown."""

    status: int = 200
    to: str = ""
    """Where it leads: a page under /-/."""
    problem: str = ""
    """Why the last password did not open anything, as a sentence."""
    retry_after_s: int | None = None


@dataclass(frozen=True, slots=True)
class Visitor:
    has_session: bool = False
    """Has signed in, and can sign out."""
    sign_in: SignIn | None = None
    """Where the form is asked for."""


VISITOR = web.RequestKey("visitor", Visitor)
"""The entrance sets it."""
