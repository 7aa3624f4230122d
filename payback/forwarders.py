"""From a configuration to what handles calls by it. What is here is done again for each configuration."""

from dataclasses import dataclass, field
from functools import partial

from ledger.writer import Writer
from payback import wiring
from payback.clock import now_us
from payback.settings import Settings
from payback.under_way import UnderWay
from proxy.distinct import DistinctNames
from proxy.forward import Forwarder, Lasting
from proxy.record import Books, CallIds
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
    ids: CallIds = field(default_factory=CallIds)

    def make(self, settings: Settings) -> Forwarder:
        """Raises SettingsError, and then nothing has changed."""
        upstreams = wiring.upstreams(settings, self.host, self.port)
        attributor = wiring.attributor(settings, self.secret, self.names)
        books = Books(
            writer=self.writer,
            prices=wiring.price_book(settings),
            now_us=now_us,
            is_stopping=lambda: self.calls.is_cutting,
            ids=self.ids,
            known_model=partial(attributor.name_of, "answering model"),
            afterwards=self.calls.afterwards,
            listens_on_s=_listens_on_s(settings),
            refuse_unrecordable=settings.ledger.when_unrecordable == "refuse",
            watch=self.watch,
        )
        return Forwarder(
            lasting=self.lasting,
            router=Router(upstreams, settings.default_upstream),
            attributor=attributor,
            books=books,
            longest_body=settings.server.read_body_mib * MIB,
        )


def _listens_on_s(settings: Settings) -> float:
    server = settings.server
    return server.drain_limit_s if server.when_client_leaves == "drain" else 0
