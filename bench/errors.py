"""BenchError             the run cannot go on; the message says why
MissingProgramError  a program is not installed; the message names the package"""


class BenchError(Exception):
    """The run cannot go on. It ends with status 2."""


class MissingProgramError(BenchError):
    def __init__(self, program: str, package: str) -> None:
        super().__init__(
            f"the benchmark needs {program}, which is not installed; install the package {package!r} "
            f"(Debian, Ubuntu: apt-get install {package})"
        )
