"""What the key of a call allows: to which upstream it may go, and which models it may ask for."""

from collections.abc import Sequence
from dataclasses import replace

from proxy.asked import Asked
from proxy.bounds import bounded
from proxy.client_key import ClientKey
from proxy.gate import Gate
from proxy.headers import NO_KEY
from proxy.models_named import models_named
from proxy.refusal import Reason, Refusal
from proxy.request import Request
from proxy.route import Router, Target
from proxy.upstream import Upstream


class Permission:
    def __init__(self, gate: Gate, router: Router) -> None:
        self._gate = gate
        self._router = router
        self._keyless: dict[str, Upstream] = {}
        """Upstreams of one's own that need no key, and are to see no client's, by name."""

    def of(
        self,
        key: ClientKey,
        request: Request,
        target: Target,
        asked: Asked,
        upstream: Upstream,
        *,
        is_socket: bool,
    ) -> Upstream:
        """Where the call goes: *upstream*, unless the key says otherwise. Never one that would be sent the
        client's key. Raises Refusal."""
        upstream = self._bound(key, target, upstream)
        if key.models:
            self._refuse_model(key, models_named(request, target, asked, is_socket=is_socket))
        return upstream if upstream.credential is not None else self._without_key(upstream)

    def failover_of(self, key: ClientKey, failover: Upstream) -> Upstream | None:
        """None: the key leads to one upstream only."""
        return failover if key.upstream in (None, failover.name) else None

    def _bound(self, key: ClientKey, target: Target, upstream: Upstream) -> Upstream:
        if key.upstream is None:
            return upstream
        bound = self._router.named(key.upstream)
        if bound is None:
            raise self._refused("upstream", "no_upstream", f"{key.upstream}, where this key leads, has gone")
        if target.upstream not in (None, bound):
            raise self._refused(
                "upstream", "upstream_not_allowed", f"this key is for the upstream {bound.name} only"
            )
        return bound

    def _without_key(self, upstream: Upstream) -> Upstream:
        if not upstream.self_hosted:
            raise self._refused(
                "upstream",
                "no_upstream_key",
                f"the upstream {upstream.name} has no key here that yours could stand for; whoever runs"
                " payback can set its api_key",
            )
        if upstream.name not in self._keyless:
            self._keyless[upstream.name] = replace(upstream, credential=NO_KEY)
        return self._keyless[upstream.name]

    def _refuse_model(self, key: ClientKey, named: Sequence[str] | None) -> None:
        if named is None:
            raise self._refused(
                "model",
                "model_unknown",
                "this key is for certain models only, and which one the call asks for cannot be read",
            )
        for model in named:
            if not key.allows(model):
                raise self._refused(
                    "model", "model_not_allowed", f"this key may not ask for the model {bounded(model)}"
                )

    def _refused(self, reason: Reason, code: str, message: str) -> Refusal:
        return self._gate.refusal(reason, Refusal(403, code, message))
