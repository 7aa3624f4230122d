"""Host: there is exactly one, and upstream sees its own."""

from tests.conformance.case import PLAIN, Trial, case, each, values
from tests.proxy.message import message


@case("upstream's own")
async def upstream_sees_its_own_host(trial: Trial) -> str:
    await trial.answer(message(f"GET {PLAIN} HTTP/1.1", [("Host", "payback.test")]))
    host = values(trial.upstream.only.head, "Host")
    return "upstream's own" if host == f"127.0.0.1:{trial.upstream.port}" else host


@case("200")
async def a_host_with_a_port_is_taken(trial: Trial) -> str:
    return str((await trial.answer(message(f"GET {PLAIN} HTTP/1.1", [("Host", "payback.test:8300")]))).status)


@case("200")
async def a_host_that_is_an_address_in_brackets_is_taken(trial: Trial) -> str:
    return str((await trial.answer(message(f"GET {PLAIN} HTTP/1.1", [("Host", "[::1]:8300")]))).status)


BAD: dict[str, list[tuple[str, str]]] = {
    "a request without Host": [],
    "a request with two Hosts": [("Host", "payback.test"), ("Host", "other.test")],
    "a request with the same Host twice": [("Host", "payback.test"), ("Host", "payback.test")],
    "a Host with a slash": [("Host", "payback.test/v1")],
    "a Host with a space": [("Host", "payback test")],
}


@each(BAD, "400 closed, 0 upstream", "400 open, 0 upstream")
async def is_refused(trial: Trial, headers: list[tuple[str, str]]) -> str:
    return await trial.seen(message(f"GET {PLAIN} HTTP/1.1", headers))


@case("200 closed, 1 upstream")
async def a_request_of_http_1_0_needs_none(trial: Trial) -> str:
    return await trial.seen(message(f"GET {PLAIN} HTTP/1.0"))


@case("upstream")
async def forwarded_hosts_choose_nothing(trial: Trial) -> str:
    elsewhere = [("X-Forwarded-Host", "127.0.0.1:1"), ("Forwarded", "host=127.0.0.1:1"), ("X-Host", "a")]
    answer = await trial.answer(message(f"GET {PLAIN} HTTP/1.1", [("Host", "127.0.0.1:1"), *elsewhere]))
    return "upstream" if (answer.status, len(trial.upstream.received)) == (200, 1) else str(answer.status)
