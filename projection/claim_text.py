"""What people claim of local speeds, as they write it: "13B fp16 on 1x RTX 3060 12GB: 60 tok/s".

What is not said is taken in the claim's favour, and noted."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple, TypeVar

from projection.catalogue import Catalogue, NotListed
from projection.catalogue.shelf import Named, nearest
from projection.specs import Engine, Hardware, Maker, Model, Quantisation

EXAMPLE = "Llama 3.3 70B q4_k_m on 2x RTX 4090: 20 tok/s"
LONGEST_CHARACTERS = 300
_GIB = 2.0**30
_SPEED = re.compile(
    r"(\d[\d,]*(?:\.\d+)?)\s*(?:(?:tok(?:en)?s?|t)\s*(?:/|per|a)\s*s(?:ec|econd)?|tps)\b", re.IGNORECASE
)
_CONCURRENT = re.compile(
    r"\bN\s*=\s*(\d+)\b|\b(\d+)\s*(?:concurrent|parallel|users|streams|requests)\b",
    re.IGNORECASE,
)
_UNITS = r"(?:\b(\d+)\s*[x\u00d7]\s*|\b(two|dual|four|eight)\s+|(?<![\w.]))"
_NUMBERS = {"two": 2, "dual": 2, "four": 4, "eight": 8}
_BREAKS = re.compile(r"[\s:_-]+")
_NEED_NOT_BE_SAID = re.compile(r"rtx|mac|studio|sxm|pcie|\d+gb", re.IGNORECASE)
_OTHER_CARD = r"s?(?!\w|\.\d|\s*-?\s*(?:ti|super|mobile|laptop)\b)"
_MEMORY = re.compile(r"[\s(-]*(\d+)\s*Gi?B\b", re.IGNORECASE)
_SIZE = re.compile(r"(?<![\w.])(\d+(?:\.\d+)?)\s*B\b", re.IGNORECASE)
_EXPERTS = re.compile(r"\b\d+x\d+(?:\.\d+)?B\b|\b\d+(?:\.\d+)?B-A\d+(?:\.\d+)?B\b", re.IGNORECASE)
_ON = re.compile(r"\bon\s+(?:an?\s+|one\s+)?(?:\d+\s*[x\u00d7]\s*)?(\w[\w.+ -]*)", re.IGNORECASE)
_TIMES = re.compile(r"\d+\s*[x\u00d7]\s*([a-z][\w.+ -]*)", re.IGNORECASE)
_SAID_AS = {
    "fp16": r"f16|16[\s-]?bit|half[\s-]precision|full[\s-]precision",
    "q8_0": r"q8|8[\s-]?bit",
    "q4_k_m": r"q4|4[\s-]?bit|int4",
    "nvfp4": r"fp4",
}
"""Words for the quantisations that they mostly mean."""
_LAYERS_CUBED = 12 * 128**2
"""A layer has some 12 hidden^2 parameters; with a head of 128 for each layer, hidden is 128 layers."""
_GROUPED_HEADS = 8
NamedT = TypeVar("NamedT", bound=Named)
SpecT = TypeVar("SpecT")


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    hardware: Hardware
    units: int
    model: Model
    quantisation: Quantisation
    engine: Engine
    concurrent: int
    tokens_per_s: float
    notes: tuple[str, ...]
    """What was taken for granted, a sentence each."""


def read_claim(text: str, known: Catalogue) -> Claimed:
    """Raises NotListed for hardware that nothing is known of, and ValueError for what cannot be read."""
    rest, tokens_per_s = _speed(text)
    rest, concurrent = _concurrent(rest)
    rest, hardware, units, unsaid = _hardware(rest, known)
    rest, quantisation = _named(rest, known.quantisations.specs(), _SAID_AS)
    rest, engine = _named(rest, known.engines.specs(), {})
    model, guessed = _model(rest, known)
    usual = known.quantisations["mxfp4" if model.name.startswith("gpt-oss") else "q4_k_m"]
    taken = quantisation or usual
    runs = engine or known.engines[_usual_engine(hardware, taken, concurrent or 1)]
    notes = [
        *(unsaid, guessed),
        "" if quantisation else f"No quantisation is named: {taken.name} is taken.",
        "" if engine else f"No engine is named: {runs.name} is taken.",
        "" if concurrent else "One request at a time is taken; N=32 would say 32 at once.",
    ]
    return Claimed(
        hardware=hardware,
        units=units,
        model=model,
        quantisation=taken,
        engine=runs,
        concurrent=concurrent or 1,
        tokens_per_s=tokens_per_s,
        notes=tuple(filter(None, notes)),
    )


def _speed(text: str) -> tuple[str, float]:
    found = _SPEED.search(text) if len(text) <= LONGEST_CHARACTERS else None
    tokens_per_s = float(found[1].replace(",", "")) if found else 0.0
    if found is None or not tokens_per_s:
        raise ValueError(f'no speed is claimed; write it as "{EXAMPLE}"')
    return _without(text, found), tokens_per_s


def _concurrent(text: str) -> tuple[str, int | None]:
    """None: not told."""
    found = _CONCURRENT.search(text)
    return (_without(text, found), int(found[1] or found[2]) or None) if found else (text, None)


def estimated(billions: float) -> Model:
    """A dense model of that size in the shape that most have: heads of 128, as many as layers, 8 for keys.

    >>> estimated(13).layers, estimated(13).hidden
    (40, 5120)
    """
    layers = max(1, round((billions * 1e9 / _LAYERS_CUBED) ** (1 / 3)))
    return Model(
        name=f"a model of {billions:g}B",
        layers=layers,
        hidden=128 * layers,
        heads=layers,
        kv_heads=min(_GROUPED_HEADS, layers),
        head_size=128,
        parameters=billions * 1e9,
        active_parameters=billions * 1e9,
        shared_parameters=billions * 1e9,
        context_tokens=131_072,
        source="estimated from its size",
        read=date.min,
    )


class _Hit(NamedTuple):
    start: int
    end: int
    units: int
    spec: Hardware

    @property
    def rank(self) -> tuple[int, float]:
        """The longest name, and of those as long the fastest machine."""
        return self.end - self.start, self.spec.bandwidth_bytes_s


def _hardware(text: str, known: Catalogue) -> tuple[str, Hardware, int, str]:
    """What is left of *text*; which hardware; how many; and a note."""
    hits = [hit for spec in known.hardware.specs() if (hit := _hit(text, spec)) is not None]
    if not hits:
        raise _unlisted(text, known)
    best = max(hits, key=lambda hit: hit.rank)
    memory = _MEMORY.match(text, best.end)
    # A Mac gives models three quarters of its memory, error correction a sixteenth less than is sold.
    if memory and not 0.7 < best.spec.memory_bytes / _GIB / max(float(memory[1]), 1) < 1.05:
        raise _unlisted(text, known)
    rest = text[: best.start] + " ; " + text[memory.end() if memory else best.end :]
    is_open = sum(hit.rank[0] == best.rank[0] for hit in hits) > 1
    return rest, best.spec, best.units, _taken(best.spec) if is_open else ""


def _hit(text: str, spec: Hardware) -> _Hit | None:
    match = re.search(_UNITS + _hardware_pattern(spec.name) + _OTHER_CARD, text, re.IGNORECASE)
    if match is None:
        return None
    units = int(match[1]) if match[1] else _NUMBERS.get((match[2] or "").lower(), 1)
    return _Hit(match.start(), match.end(), max(units, 1), spec)


def _hardware_pattern(name: str) -> str:
    """Maker's words, memory and bus may be left out: a 4090 is an RTX 4090."""
    words = _BREAKS.split(name)
    said = [not _NEED_NOT_BE_SAID.fullmatch(word) for word in words]
    first = said.index(True) if any(said) else 0
    before = "".join(rf"(?:{_word(word)}[\s-]*)?" for word in words[:first])
    after = (
        rf"[\s-]*{_word(word)}" if needed else rf"(?:[\s-]*{_word(word)})?"
        for word, needed in zip(words[first + 1 :], said[first + 1 :], strict=True)
    )
    return before + _word(words[first]) + "".join(after)


def _word(word: str) -> str:
    return re.sub(r"^(\d+)gb$", r"\1\\s*gb", re.escape(word).lower())


def _unlisted(text: str, known: Catalogue) -> ValueError:
    named = _ON.search(text) or _TIMES.search(text)
    if named is None:
        return ValueError(f'no hardware is named; write it as "{EXAMPLE}"')
    name = named[1].strip()
    return NotListed(
        f"no hardware {name}; nearest: {nearest(name, known.hardware)}; the claim can be judged"
        " once a row of [[catalogue.hardware]] tells its memory and bandwidth"
    )


def _model(text: str, known: Catalogue) -> tuple[Model, str]:
    """With a note."""
    specs = known.models.specs()
    exact = _longest(text, ((_joined(_BREAKS.split(spec.name)), spec) for spec in specs))
    if exact is not None:
        return exact[1], ""
    sized = [spec for spec in reversed(specs) if _SIZE.search(spec.name)]
    ends = ((_joined((spec.name.split()[0], spec.name.split()[-1])), spec) for spec in sized)
    family = _longest(text, ends)
    if family is not None:
        return family[1], _taken(family[1])
    mixture, size = _EXPERTS.search(text), _SIZE.search(text)
    if mixture is not None:
        raise ValueError(f"{mixture[0]} does not tell the shape of its experts; add a [[catalogue.model]]")
    if size is None or not float(size[1]):
        raise ValueError(f'no model is named, nor a size such as 13B; write it as "{EXAMPLE}"')
    model = estimated(float(size[1]))
    return model, f"Its shape is estimated from its size: {model.layers} layers of {model.hidden}."


def _taken(spec: Named) -> str:
    return f"Which one is not said: {spec.name} is taken."


def _usual_engine(hardware: Hardware, quantisation: Quantisation, concurrent: int) -> str:
    reads_gguf = quantisation.name.startswith("q") and concurrent == 1
    return "llama.cpp" if hardware.maker is Maker.APPLE or reads_gguf else "vLLM"


def _named(text: str, specs: Iterable[NamedT], said_as: Mapping[str, str]) -> tuple[str, NamedT | None]:
    """What is left of *text*, and which of *specs* it names."""
    patterns = []
    for spec in specs:
        words = _joined(_BREAKS.split(spec.name))
        patterns.append((f"{words}|{said_as[spec.name]}" if spec.name in said_as else words, spec))
    found = _longest(text, patterns)
    return (text, None) if found is None else (_without(text, found[0]), found[1])


def _longest(text: str, patterns: Iterable[tuple[str, SpecT]]) -> tuple[re.Match[str], SpecT] | None:
    """The first of those that are as long."""
    whole = r"(?<![\w.])(?:{})(?!\w|\.\d)"
    matches = ((re.search(whole.format(words), text, re.IGNORECASE), spec) for words, spec in patterns)
    found = [(match, spec) for match, spec in matches if match is not None]
    return max(found, key=lambda each: len(each[0][0]), default=None)


def _joined(words: Iterable[str]) -> str:
    return r"[\s:_-]*".join(map(re.escape, words))


def _without(text: str, match: re.Match[str]) -> str:
    return f"{text[: match.start()]} ; {text[match.end() :]}"
