"""The process that projects: `python -m payback.desk_child`, started by the server and ended with it.

It reads questions from its standard input until that ends. What it has read of the ledger it keeps for a
while, so that another assumption is answered at once."""

import json
import os
import sys

from payback.desk_messages import framed, read_question
from payback.priority import give_way

ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
"""Matrices here are small: more threads take twice the time of a processor, from calls, and save none."""


def main() -> int:
    give_way()
    os.environ |= ONE_THREAD
    from payback.desk_answers import ReadLedger, answered  # numpy looks at the environment when it comes

    asking, answering = sys.stdin.buffer, sys.stdout.buffer
    sys.stdout = sys.stderr  # an answer is the only thing that goes out there
    try:
        setup = read_question(asking)
        ledger = ReadLedger(setup)
        while True:
            told = answered(read_question(asking), setup, ledger)
            answering.write(framed(json.dumps(told).encode()))
            answering.flush()
    except (EOFError, BrokenPipeError, KeyboardInterrupt):
        return 0


if __name__ == "__main__":
    sys.exit(main())
