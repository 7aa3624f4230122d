"""What payback has counted of calls that it refused, as its page of metrics tells it."""

import re

from tests.proxy.client import call
from tests.proxy.running import Payback


async def refusals(payback: Payback) -> dict[str, int]:
    """How many by each reason; reasons that there were none for are left out."""
    page = (await call(payback.port, b"GET /-/metrics HTTP/1.1\r\nHost: localhost\r\n\r\n")).body.decode()
    found = re.findall(r'^payback_refused_calls_total\{reason="(\w+)"\} (\d+)\.0$', page, re.MULTILINE)
    return {reason: int(number) for reason, number in found if int(number)}
