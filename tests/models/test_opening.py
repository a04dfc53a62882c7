from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.opening import OPENING_WORDS, PLACES, SLOTS, Edge, opening, opening_one
from models.segment import segment
from tests.models.prompts import compiles, prompt_texts

NOTHING = [-1] * SLOTS


@compiles
@given(st.lists(prompt_texts, max_size=6))
def test_kernel_agrees_with_the_readable_form(texts: list[str]) -> None:
    """The places of a batch equal those of each text by itself, and all are places or -1."""
    expected = [opening_one(text) for text in texts]
    assert expected == opening(segment(texts, key=0), texts).tolist()
    assert all(-1 <= place < PLACES for places in expected for place in places)


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("  why?\n", Edge.LOWER, Edge.QUESTION),
        ("Find it.", Edge.UPPER, Edge.STOP),
        ("3 apples cost：", Edge.DIGIT, Edge.COLON),
        ('"go" it said!', Edge.ENCLOSING, Edge.EXCLAMATION),
        ("[TASK] sort them;", Edge.ENCLOSING, Edge.SEMICOLON),
        ("Élan vital, or", Edge.UPPER, Edge.LOWER),
        ("¿Qué hora es？", Edge.QUESTION, Edge.QUESTION),
        ("- item,", Edge.OTHER, Edge.COMMA),
    ],
)
def test_ends(text: str, first: Edge, last: Edge) -> None:
    """The kinds of the first and the last visible character, whatever the width of a mark."""
    *_, start, end = opening_one(text)
    base = opening_one("a a")
    assert (start - base[-2], end - base[-1]) == (first - Edge.LOWER, last - Edge.LOWER)


@pytest.mark.parametrize("text", ["", " \n", "?!", "写一首诗", "Translate 你好", "\u200b"])
def test_abstains(text: str) -> None:
    """Without words, or with a spaceless script in the opening, there is nothing to go by."""
    assert opening_one(text) == NOTHING
    assert opening(segment([text], key=0), [text]).tolist() == [NOTHING]


def test_what_lies_between_the_ends_does_not_count() -> None:
    """Texts that share opening and ends have the same places, whatever stands between; digits are folded."""
    assert opening_one("List 10 primes now, then stop.") == [
        *opening_one("list 99 primes now. And more.")[:4],
        *opening_one("A a.")[4:],
    ]
    assert opening_one("a b c d e")[:OPENING_WORDS] == opening_one("a b c d")[:OPENING_WORDS]
