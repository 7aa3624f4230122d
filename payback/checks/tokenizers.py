"""Whether tokens can be estimated where an upstream does not report them."""

from payback.checks.finding import Finding, fail, ok
from proxy.estimate.encoders import PATTERNS, NotCounted, load


def tokenizers_are_there() -> Finding:
    """Each is loaded, which compares its file with what was published."""
    try:
        for name in PATTERNS:
            load(name)
    except (NotCounted, OSError) as error:
        return fail("tokenizers", f"{error}; until then calls without reported tokens have no estimate")
    return ok("tokenizers", f"{' and '.join(sorted(PATTERNS))} are those that were published")
