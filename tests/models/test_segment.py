from __future__ import annotations

import string

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from models.characters import COMPLEX, character_table
from models.segment import segment
from models.text import normalise
from models.words import code_points, content_hash, word_hash, words_of
from tests.models.prompts import compiles, prompt_texts


@compiles
@given(st.lists(prompt_texts, max_size=8), st.integers(0, 2**64 - 1), st.sampled_from([7, 64, 32 << 10]))
def test_kernel_agrees_with_the_readable_form(texts: list[str], key: int, max_bytes: int) -> None:
    """Hashes, folded texts, weights and contents of a batch equal those of each text by itself."""
    found = segment(texts, key, max_bytes)
    for index, text in enumerate(texts):
        words = words_of(normalise(text, max_bytes))
        span = range(found.offsets[index], found.offsets[index + 1])
        folded = code_points([word.folded for word in words])
        assert np.array_equal(folded, found.folded(np.arange(span.start, span.stop)))
        assert [word_hash(word.folded) for word in words] == found.hashes[span.start : span.stop].tolist()
        assert [word.weight for word in words] == found.weights[span.start : span.stop].tolist()
        assert content_hash(words, key) == found.contents[index]


def test_a_long_neighbour_hides_no_complex_character() -> None:
    """Text whose characters act on each other is normalised, even when a text beside it is cut short."""
    complex_text = "a fraction ¼ of it"
    alone = segment([complex_text], key=3, max_bytes=40)
    beside = segment(["word " * 50, complex_text], key=3, max_bytes=40)
    assert alone.contents[0] == beside.contents[1]


def test_every_character_that_stands_for_several_is_spelt_out() -> None:
    """A complex character of the basic plane gives, between letters, digits and Han, the words of its normal form."""
    characters = [chr(code) for code in np.flatnonzero(character_table().kinds[:0x10000] >= COMPLEX).tolist()]
    texts = [f"a{character}b 1{character}2 文{character}{character} {character}" for character in characters]
    found = segment(texts, key=3)
    for index, text in enumerate(texts):
        assert content_hash(words_of(normalise(text)), 3) == found.contents[index], text


def test_digits_are_folded_for_words_but_not_for_content() -> None:
    """Numbers do not tell words apart, yet a prompt with other numbers is another prompt."""
    first, second = "solve 12 x + 345", "solve 7 x + 8"
    found = segment([first, second, first.upper() + " !!"], key=3)
    spans = [found.hashes[found.offsets[index] : found.offsets[index + 1]].tolist() for index in range(3)]
    assert spans[0] == spans[1] == spans[2]
    assert found.contents[0] != found.contents[1]
    assert found.contents[0] == found.contents[2]


@compiles
@given(st.text(string.punctuation + string.whitespace + "😀，。"))
def test_text_without_words_has_no_content(text: str) -> None:
    """Separators alone give no word and content 0."""
    found = segment([text], key=1)
    assert found.contents.tolist() == [0]
    assert found.offsets[1] == 0
