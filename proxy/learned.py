"""What an answer has told so far, reading by reading."""

from ledger.call import UsageBasis
from proxy.dialects.reading import NO_TOKENS, Reading, Told

NO_USAGE_IN_DOCUMENT = "the answer reports no usage"
NO_USAGE_IN_STREAM = "the stream reported no usage"
_NOT_TOLD = frozenset({None, NO_TOKENS, NO_USAGE_IN_DOCUMENT, NO_USAGE_IN_STREAM})


class Learned(Told, frozen=True, kw_only=True):
    done: bool = False
    """The answer has said that it is complete."""
    estimated: UsageBasis | None = None
    """How the usage came about that upstream did not report: ESTIMATED or PARTIAL."""
    tokenizer: str | None = None
    """What an estimate was counted with."""

    def after(self, reading: Reading) -> "Learned":
        """The latest usage replaces one before it: what is reported twice is cumulative, never a sum."""
        told = reading.usage or reading.units
        is_evidence = reading.reported is not None and (told or not self.is_metered)
        is_unbilled = self.is_unbilled or reading.is_unbilled
        return Learned(
            model=reading.model or self.model,
            service_tier=reading.service_tier or self.service_tier,
            usage=None if is_unbilled else reading.usage or self.usage,
            units=None if is_unbilled else reading.units or self.units,
            reported=reading.reported if is_evidence else self.reported,
            upstream_cost=self.upstream_cost if reading.upstream_cost is None else reading.upstream_cost,
            timings=reading.timings or self.timings,
            problem=None if told else reading.problem or self.problem,
            is_partial=reading.is_partial if told else self.is_partial,
            is_so_far=reading.is_so_far if told else self.is_so_far,
            is_unbilled=is_unbilled,
            done=self.done or reading.is_last,
        )

    @property
    def is_metered(self) -> bool:
        return self.usage is not None or self.units is not None

    @property
    def lacks_usage(self) -> bool:
        """Nothing was reported, or not yet its end: an estimate may stand in. Usage that is there and wrong
        is a problem to be seen, and so is an answer that is to come later."""
        if self.is_unbilled:
            return False
        return self.is_partial or (not self.is_metered and self.problem in _NOT_TOLD)

    @property
    def basis(self) -> UsageBasis:
        if not self.is_metered:
            return UsageBasis.NONE
        is_part = self.is_partial or self.is_so_far
        return self.estimated or (UsageBasis.PARTIAL if is_part else UsageBasis.REPORTED)


NOTHING_LEARNED = Learned()
