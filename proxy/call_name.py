"""A call's id as it is written into the log."""


class CallName(str):
    """A call's id as text. Its type tells whoever formats a line of the log what it is."""

    __slots__ = ()
