"""All that is fed, by theme.
- answers       what upstreams answer: documents, events, lines; compressed, over WebSocket
- asking        what clients send: bodies, forms, headers that say who pays, ids of calls
- files         what is read from disks: spool, journal, parcels, days, traces, the configuration, plans
- words         what people type: claims, volumes, amounts
- pages         the addresses of the report and of the API, over a socket
- wire_seeds, wire   requests and answers as bytes on sockets, through payback in a process of its own"""

from collections.abc import Sequence

from tests.fuzz.target import Target
from tests.fuzz.targets import answers, asking, files, pages, wire, words

TARGETS: Sequence[Target] = (
    *answers.TARGETS,
    *asking.TARGETS,
    *files.TARGETS,
    *words.TARGETS,
    *pages.TARGETS,
    *wire.TARGETS,
)
