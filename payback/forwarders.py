"""From a configuration to what handles calls by it. What is here is done again for each configuration."""

from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial

from ledger.writer import Writer
from payback import wiring
from payback.budget_sections import BudgetSettings
from payback.budgeting import Budgeting
from payback.clock import now_us, utc_now
from payback.key_ring import KeyRing
from payback.preconditions import refuse_useless_keys
from payback.settings import Settings
from payback.under_way import UnderWay
from proxy.call_ids import CallIds
from proxy.distinct import DistinctNames
from proxy.forward import Forwarder, Lasting
from proxy.gate import Gate, Keys, KeysUnreadable
from proxy.record import Books
from proxy.route import Router
from proxy.watch import Watch

MIB = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarders:
    """What stays the same whatever the configuration says."""

    host: str
    port: int
    writer: Writer
    secret: bytes
    """The ledger's, for the labels of keys."""
    calls: UnderWay
    lasting: Lasting
    names: DistinctNames
    watch: Watch
    ring: KeyRing
    budgeting: Budgeting
    ids: CallIds = field(default_factory=CallIds)

    def make(self, settings: Settings) -> Forwarder:
        """Raises SettingsError, and then nothing has changed."""
        upstreams = wiring.upstreams(settings, self.host, self.port)
        with suppress(KeysUnreadable):  # then no call is let in, and the log says why
            self.ring.keys()
        refuse_useless_keys(settings, self.ring.issued, utc_now())
        attributor = wiring.attributor(settings, self.secret, self.names)
        prices = wiring.price_book(settings)
        books = Books(
            writer=self.writer,
            prices=prices,
            now_us=now_us,
            is_stopping=lambda: self.calls.is_cutting,
            ids=self.ids,
            known_model=partial(attributor.name_of, "answering model"),
            afterwards=self.calls.afterwards,
            listens_on_s=_listens_on_s(settings),
            refuse_unrecordable=settings.ledger.when_unrecordable == "refuse",
            watch=self.watch,
        )
        spending = self.budgeting.take(settings, prices)
        for budget in settings.budget:
            self._admit(budget)
        return Forwarder(
            lasting=self.lasting,
            router=Router(upstreams, settings.default_upstream),
            attributor=attributor,
            books=books,
            longest_body=settings.server.read_body_mib * MIB,
            gate=Gate(partial(_keys, self.ring, settings), now_us, self.watch.refused),
            spending=spending,
        )

    def _admit(self, budget: BudgetSettings) -> None:
        """Its calls keep their name, however many there are: under another the budget would not know them."""
        for dimension, name in budget.of or ():
            if name is not None and dimension != "upstream":
                self.names.admit(dimension, (name,))  # type: ignore[arg-type]  # its other fields are dimensions


def _keys(ring: KeyRing, settings: Settings) -> Keys | None:
    keys = ring.keys()
    return {} if keys is None and settings.proxy.require_key else keys


def _listens_on_s(settings: Settings) -> float:
    server = settings.server
    return server.drain_limit_s if server.when_client_leaves == "drain" else 0
