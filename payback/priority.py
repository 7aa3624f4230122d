"""Which of payback's processes go first: the one that passes calls on."""

import os

NICENESS = 10


def give_way() -> None:
    """Let calls go first. A process that was started by one that gives way does so no more than that."""
    os.nice(max(0, NICENESS - os.nice(0)))
