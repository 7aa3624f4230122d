"""The handler: a request in, an answer out."""

from aiohttp import web

from ledger.call import Outcome
from proxy.attempts import Attempts, Means
from proxy.attribution import Attributor
from proxy.estimator import Estimator
from proxy.gate import Gate
from proxy.include_usage import UsageAsking
from proxy.outlet import Outlet
from proxy.plan import Planner
from proxy.record import Books
from proxy.refusal import Refusal, answer_of
from proxy.relay import relay
from proxy.request import Request
from proxy.retries import Retries
from proxy.room import Room
from proxy.route import Router
from proxy.sending import Sender
from proxy.spending import Spending
from proxy.upgrade import UpgradeAnswer
from proxy.upstream_client import UpstreamClient
from proxy.upstream_errors import UpstreamFailed
from proxy.websocket import tunnel

Answered = Outlet | web.StreamResponse
"""What was written to the client, or what is to be."""


class Lasting:
    """What goes on when the configuration changes, and other Forwarders take new calls."""

    def __init__(self, client: UpstreamClient) -> None:
        self.client = client
        self.estimator = Estimator(client)
        self.retries = Retries()

    def close(self) -> None:
        self.estimator.close()


class Forwarder:
    """Handles every request that is not for payback's own pages, by one configuration: a call has the same
    from its start to its end."""

    def __init__(
        self,
        *,
        lasting: Lasting,
        router: Router,
        attributor: Attributor,
        books: Books,
        longest_body: int,
        gate: Gate,
        spending: Spending,
    ) -> None:
        self._planner = Planner(router, attributor, books, lasting.retries, longest_body, gate)
        self._means = Means(
            sender=Sender(lasting.client, router),
            estimator=lasting.estimator,
            books=books,
            usage_asking=UsageAsking(),
            spending=spending,
        )
        self._room = Room(gate.count)

    async def handle(self, request: Request) -> Answered:
        try:
            self._room.refuse_without_any()
            plan = await self._planner.of(request)
        except Refusal as refusal:
            return answer_of(refusal, request.raw_path)
        attempts = Attempts(self._means, plan)
        try:
            return await self._answered(attempts)
        except Exception:  # a call that nothing has ended would keep its place in budgets for good
            attempts.record.end_unheard(Outcome.INTERRUPTED, problem="payback failed within the call")
            raise

    async def _answered(self, attempts: Attempts) -> Answered:
        try:
            answer = await attempts.answer()
        except Refusal as refusal:
            return _answer_of(refusal, attempts)
        except UpstreamFailed as failure:
            return _answer_of(failure.refusal, attempts)
        plan, record = attempts.plan, attempts.record
        if plan.is_socket and answer.status == 101:
            assert isinstance(answer, UpgradeAnswer)
            assert isinstance(plan.request, web.Request)
            return await tunnel(plan.request, answer, record, plan.session, plan.may_go_on)
        return await relay(plan.request, answer, record, attempts.metering)


def _answer_of(refusal: Refusal, attempts: Attempts) -> web.Response:
    return answer_of(refusal, attempts.plan.target.raw_path, attempts.record.call_id)
