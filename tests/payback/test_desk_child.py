"""The process itself: how it is set up before it reads its first question."""

import subprocess
import sys


def test_arithmetic_takes_one_thread_and_leaves_the_other_processors_to_calls() -> None:
    """numpy's own threads spin while they wait: two of them take twice the time and save none."""
    script = (
        "import sys, threading\n"
        "from payback import desk_child\n"
        "assert 'numpy' not in sys.modules\n"
        "desk_child.main()\n"
        "import numpy as np\n"
        "np.ones((2000, 2000)) @ np.ones((2000, 2000))\n"
        "print(len(__import__('os').listdir('/proc/self/task')), file=sys.stderr)\n"
    )
    done = subprocess.run([sys.executable, "-c", script], input=b"", capture_output=True, timeout=60)
    assert done.stderr.decode().split() == ["1"], done.stderr.decode()
