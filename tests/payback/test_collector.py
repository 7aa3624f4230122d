import subprocess
import sys

CODE = """
import gc
from payback.collector import settle
kept = [[] for _ in range(1000)]
settle()
print(gc.get_freeze_count() > 1000, gc.get_threshold()[0] > 10_000, gc.isenabled())
"""


def test_what_lives_as_long_as_the_program_is_not_looked_at_again() -> None:
    """It would be, for every 700 objects that a call or a page makes."""
    done = subprocess.run(
        [sys.executable, "-c", CODE], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stdout.split() == ["True", "True", "True"]
