"""What is asked, by theme. A function is a case, or one for each of its data; it returns what it has seen.
Read in this order:
- target            request lines and paths
- host              whose name a request bears
- request_headers, request_framing       what the client sends
- answer_headers, answer_framing         what upstream sends
- bodiless          HEAD, 204 and 304
- interim           Expect, 1xx, answers that come early
- http_1_0          the version before
- encodings         compressed bodies
- connections       who keeps them, who closes them, what is sent again
- large             large bodies, slow readers
- limits            heads that are too long, and how that is said
- websockets        tunnels"""

from tests.conformance.case import CASES
from tests.conformance.cases import (
    answer_framing,
    answer_headers,
    bodiless,
    connections,
    encodings,
    host,
    http_1_0,
    interim,
    large,
    limits,
    request_framing,
    request_headers,
    target,
    websockets,
)

THEMES = (
    target, host, request_headers, request_framing, answer_headers, answer_framing, bodiless, interim,
    http_1_0, encodings, connections, large, limits, websockets,
)  # fmt: skip

ALL = tuple(CASES)
"""The cases of all themes."""
