from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.text import normalise
from tests.models.prompts import compiles

texts = st.text(st.characters(codec="utf-8"))
invisible = st.sampled_from(["\u200b", "\u200d", "\u2060", "\ufeff", "\u00ad", "\ufe0f", "\u3164", "\U000e0041"])
letters = st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1)


@compiles
@given(texts, st.integers(0, 64))
def test_idempotent(text: str, max_bytes: int) -> None:
    """Normalising twice changes nothing, cut or not."""
    for limit in (max_bytes, 32 << 10):
        once = normalise(text, limit)
        assert once == normalise(once, limit)


@compiles
@given(letters, st.lists(invisible, min_size=1), st.integers(1, 40))
def test_invisible_padding_changes_nothing(text: str, padding: list[str], max_bytes: int) -> None:
    """Zero-width characters anywhere, even in front of the cut, do not show in the result."""
    padded = "".join(padding) * 20 + "".join(character + "".join(padding) for character in text)
    assert normalise(text, max_bytes) == normalise(padded, max_bytes)


@compiles
@given(letters)
def test_full_width_and_case_change_nothing(text: str) -> None:
    """Full-width and upper-case letters equal plain lower-case ones."""
    wide = "".join(chr(ord(character) + 0xFEE0) for character in text)
    assert normalise(text) == normalise(wide) == normalise(text.upper()) == text.lower()


@compiles
@given(texts)
def test_composition_changes_nothing(text: str) -> None:
    """Composed and decomposed accents give the same result."""
    assert normalise(unicodedata.normalize("NFC", text)) == normalise(unicodedata.normalize("NFD", text))


@compiles
@given(texts, st.integers(0, 64))
def test_cut_is_a_prefix_at_a_character_boundary(text: str, max_bytes: int) -> None:
    """The cut text fits, begins the whole, and could not be one character longer."""
    whole, cut = normalise(text), normalise(text, max_bytes)
    assert whole.startswith(cut)
    assert len(cut.encode()) <= max_bytes
    assert cut == whole or len(whole[: len(cut) + 1].encode()) > max_bytes


@pytest.mark.parametrize("mark", ["\u0301\u0323", "\U0001e8d0\u0301", "\u0344"])
def test_long_runs_of_marks_are_cut_short(mark: str) -> None:
    """A run of combining marks, which normalisation sorts in quadratic time, is cut before it is sorted."""
    result = normalise("a" + mark * 50_000 + "b")
    assert len(result) <= 40
    assert result.endswith("b")
