import subprocess
import sys

import pytest

from payback.priority import NICENESS


@pytest.mark.parametrize(("begun_at", "ends_at"), [(0, NICENESS), (4, NICENESS), (15, 15)])
def test_a_process_gives_way_once_however_it_was_started(begun_at: int, ends_at: int) -> None:
    """What projects is started by what draws pages, and would else hardly get on beside it."""
    giving_way = "from payback.priority import give_way; give_way(); print(os.nice(0))"
    code = f"import os; os.nice({begun_at}); {giving_way}"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60
    )
    assert int(done.stdout) == ends_at
