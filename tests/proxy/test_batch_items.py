"""What a result of a batch is to the ledger."""

from ledger.usage import TokenUsage
from proxy.dialects.batch_items import calls_of, failed
from proxy.dialects.reading import Item, Reading

USAGE = TokenUsage(input_tokens=11, output_tokens=5)


def test_calls_within_a_result_are_named_after_it_so_that_they_too_are_kept_once() -> None:
    within = (Item(operation="chat", reading=Reading(model=name, usage=USAGE)) for name in ("wise", "wiser"))
    items = calls_of("a", "chat", Reading(model="m", usage=USAGE, items=tuple(within)))
    assert [(item.key, item.reading.model) for item in items] == [
        ("a", "m"),
        ("a\0" + "0", "wise"),
        ("a\0" + "1", "wiser"),
    ]
    assert {item.reading.service_tier for item in items} == {"batch"}
    assert items[0].reading.items == ()


def test_a_tier_that_speaks_of_batches_stays_and_any_other_is_that_of_a_call_by_itself() -> None:
    for told, kept in (("batch-us", "batch-us"), ("default", "batch"), (None, "batch")):
        (item,) = calls_of("a", "chat", Reading(usage=USAGE, service_tier=told))
        assert item.reading.service_tier == kept


def test_a_result_without_usage_says_so() -> None:
    assert calls_of("a", "chat", Reading())[0].reading.problem == "a result in the batch reports no usage"
    assert calls_of("a", "chat", Reading(is_unbilled=True))[0].reading.problem is None


def test_a_request_that_failed_is_named_and_has_no_usage() -> None:
    (item,) = failed("a", "chat")
    assert (item.key, item.is_failed, item.reading.usage) == ("a", True, None)
