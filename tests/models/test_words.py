from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.text import normalise
from models.words import MAX_WORD_CODE_POINTS, content_hash, words_of
from tests.models.prompts import compiles, prompt_texts


def test_words_of_mixed_scripts() -> None:
    """Han, kana and Thai letters stand alone with their marks; Hangul, Latin and digits run on."""
    texts = [word.text for word in words_of(normalise("GPT-4によるテスト: 한국어 ที่นี่, naïve_x2"))]
    assert texts == ["gpt", "4", *"によるテスト", "한국어", "ที่", "นี่", "naïve", "x2"]


def test_long_words_are_cut() -> None:
    """A run longer than 48 code points becomes several words."""
    lengths = [len(word.text) for word in words_of("a" * 100)]
    assert lengths == [MAX_WORD_CODE_POINTS, MAX_WORD_CODE_POINTS, 100 - 2 * MAX_WORD_CODE_POINTS]


@compiles
@given(prompt_texts, st.integers(0, 2**64 - 1))
def test_content_depends_on_the_key(text: str, key: int) -> None:
    """The same words under another key have another content hash."""
    words = words_of(normalise(text))
    assert not words or content_hash(words, key) != content_hash(words, key ^ 1)
