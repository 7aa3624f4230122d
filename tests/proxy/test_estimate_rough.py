"""Without a tokenizer: a guess that says that it is one, and how far it may be off."""

import json

import pytest

from proxy.estimate.answer_text import AnswerText
from proxy.estimate.encoders import load
from proxy.estimate.estimate import Estimate, NoEstimate
from proxy.estimate.passages import MOST_CHARACTERS
from proxy.estimate.rough import LONGEST_BODY_BYTES, ROUGH, rough_estimate
from proxy.estimate.shape import Shape
from tests.architecture.house import ROOT
from tests.proxy.bodies import compact

AROUND = 3 + 3 + 1
"""Tokens around a message, those of the reply, and the "user" of a message: four bytes."""
O200K = load("o200k_base")
NUMBERS = json.dumps([{"id": number, "price": 1.5 * number, "tags": ["a", "b"]} for number in range(200)])
TEXTS = {
    "English": (ROOT / "LICENSE").read_text("utf-8"),
    "Python": (ROOT / "proxy" / "estimator.py").read_text("utf-8"),
    "JSON of numbers": NUMBERS,
    "German": "Der schnelle braune Fuchs springt über den faulen Hund, während die Sonne langsam sinkt. ",
    "Russian": "Быстрая коричневая лиса перепрыгивает через ленивую собаку, пока солнце садится. ",
    "Japanese": "素早い茶色の狐がのろまな犬を飛び越える。太陽はゆっくりと山の向こうに沈んでいく。",
    "Arabic": "الثعلب البني السريع يقفز فوق الكلب الكسول بينما تغرب الشمس ببطء خلف الجبال. ",
    "Chinese": "敏捷的棕色狐狸跳过了懒狗。太阳慢慢地落在山后面。我们今天讨论机器学习模型的成本。",
    "Hindi": "तेज भूरी लोमड़ी आलसी कुत्ते के ऊपर से कूदती है और सूरज धीरे-धीरे पहाड़ों के पीछे डूबता है। ",
}


def asking(content: object) -> bytes:
    return compact({"messages": [{"role": "user", "content": content}]})


def answered(document: bytes = b"") -> AnswerText:
    text = AnswerText(Shape.OPENAI_CHAT)
    text.feed(document)
    return text


def guessed(content: object, answer: bytes = b"") -> Estimate:
    found = rough_estimate(asking(content), answered(answer), Shape.OPENAI_CHAT)
    assert isinstance(found, Estimate)
    return found


def test_four_bytes_are_a_token_and_a_rest_is_one_too() -> None:
    answer = compact({"choices": [{"index": 0, "message": {"content": "Hello!"}}]})
    found = guessed("a" * 16, answer)
    assert (found.input_tokens, found.output_tokens, found.tokenizer) == (AROUND + 4, 2, ROUGH)
    assert guessed("a" * 17).input_tokens == AROUND + 5


@pytest.mark.parametrize("name", TEXTS)
def test_a_guess_is_within_a_factor_of_two_of_a_count_and_of_english_and_code_within_a_quarter(
    name: str,
) -> None:
    share = (guessed(TEXTS[name]).input_tokens - AROUND) / len(O200K.encode_ordinary(TEXTS[name]))
    assert 0.5 <= share <= 2
    assert name not in ("English", "Python") or 0.75 <= share <= 1.25


def test_a_text_beyond_what_is_kept_is_scaled() -> None:
    assert guessed("a" * 4 * MOST_CHARACTERS).input_tokens == pytest.approx(MOST_CHARACTERS + AROUND, abs=1)


def test_what_has_no_text_is_told_as_in_any_estimate() -> None:
    assert guessed([{"type": "image_url", "image_url": {"url": "https://x.test/a.png"}}]).has_media


@pytest.mark.parametrize(
    ("body", "answer", "reason"),
    [
        (b"[", b"", "the request is no JSON object"),
        (asking("a"), b"[", "the answer is no JSON object"),
        (asking("a" * LONGEST_BODY_BYTES), b"", "too many texts are waiting to be counted, and this one is"),
    ],
    ids=["request", "answer", "length"],
)
def test_what_is_not_guessed_says_why(body: bytes, answer: bytes, reason: str) -> None:
    found = rough_estimate(body, answered(answer), Shape.OPENAI_CHAT)
    assert isinstance(found, NoEstimate)
    assert found.reason.startswith(reason)
