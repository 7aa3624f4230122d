"""Spoiling: the same for the same chance, different for another, bounded, and it leaves some inputs whole."""

from random import Random

from tests.fuzz.mutate import _STEPS, LONGEST_BYTES, Mutator

GOOD = b'{"model":"m","usage":{"prompt_tokens":11,"completion_tokens":5},"list":[1,2.5,null,true]}\n'
OTHERS = [GOOD, b"data: [DONE]\n\n"]


def spoilt(seed: int, number: int = 200) -> list[bytes]:
    mutator = Mutator(Random(seed), OTHERS)
    return [mutator.of(GOOD) for _ in range(number)]


def test_the_same_chance_spoils_the_same_way_and_another_does_not() -> None:
    assert spoilt(1) == spoilt(1) != spoilt(2)


def test_most_are_spoilt_in_ways_of_their_own_and_some_are_whole() -> None:
    made = spoilt(3)
    assert len(set(made)) > 140
    assert GOOD in made


def test_nothing_grows_without_a_bound() -> None:
    mutator = Mutator(Random(4), [b"x" * (2 * LONGEST_BYTES)])
    assert max(len(mutator.of(b"y" * LONGEST_BYTES)) for _ in range(50)) <= LONGEST_BYTES


def test_every_step_changes_something_and_takes_an_empty_input_too() -> None:
    for step in _STEPS:
        mutator, changed = Mutator(Random(5), OTHERS), set()
        for data in (bytearray(), *(bytearray(GOOD) for _ in range(20))):
            step(mutator, data)
            changed.add(bytes(data))
        assert changed - {b"", GOOD}, step.__name__
