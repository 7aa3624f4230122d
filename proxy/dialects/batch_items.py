"""The calls that one result of a batch tells of, whoever ran the batch."""

from msgspec.structs import replace

from proxy.dialects.reading import Item, Reading

SERVICE_TIER = "batch"


def calls_of(custom_id: str, operation: str, told: Reading) -> tuple[Item, ...]:
    """The call itself, and those of other models within it. *custom_id* is what the client named it.

    A service tier that does not speak of batches is that of the same call made by itself."""
    reading = replace(_at_batch_price(told), items=())
    if not (told.usage or told.units or told.problem or told.is_unbilled):
        reading = replace(reading, problem="a result in the batch reports no usage")
    within = (
        replace(item, reading=_at_batch_price(item.reading), key=f"{custom_id}\0{number}")
        for number, item in enumerate(told.items)
    )
    return (Item(operation=operation, reading=reading, key=custom_id), *within)


def failed(custom_id: str, operation: str) -> tuple[Item, ...]:
    """A request that came to nothing, which nobody charges for."""
    reading = Reading(service_tier=SERVICE_TIER)
    return (Item(operation=operation, reading=reading, key=custom_id, is_failed=True),)


def _at_batch_price(reading: Reading) -> Reading:
    tier = reading.service_tier
    is_told = tier is not None and tier.startswith(SERVICE_TIER)
    return reading if is_told else replace(reading, service_tier=SERVICE_TIER)
