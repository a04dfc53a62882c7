from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from models.features import SHELLS_PER_EVENT
from models.segment import segment
from models.shells import shells, shells_one
from models.text import normalise
from models.words import words_of
from tests.models.prompts import compiles, prompt_texts

keys = st.integers(0, 2**64 - 1)
HEAD = "You are an expert data analyst combining statistical rigor with deep domain knowledge . Your task is to "
TAIL = " . Return the complete and transparent reasoning , grounded in the data that was given above and nothing else ."


def _shells(text: str, key: int = 1) -> set[int]:
    return set(shells_one(words_of(normalise(text)), key))


@compiles
@given(st.lists(prompt_texts, max_size=6), keys)
def test_kernel_agrees_with_the_readable_form(texts: list[str], key: int) -> None:
    """The shells of a batch equal those of each text by itself, in order, filled up with zeros."""
    sampled = shells(segment(texts, key), key)
    for text, row in zip(texts, sampled.tolist(), strict=True):
        found = shells_one(words_of(normalise(text)), key)
        assert found + [0] * (SHELLS_PER_EVENT - len(found)) == row


@compiles
@given(st.lists(st.sampled_from(["plan", "of", "42", "文", "字"]), max_size=120), st.integers(1, 4), keys)
def test_kernel_agrees_on_long_prompts(words: list[str], kinds: int, key: int) -> None:
    """Head, tail and whole are kept apart in prompts longer than they are, of one kind of word or of several."""
    for chosen in (words, [word for word in words if word.isascii()], [word for word in words if not word.isascii()]):
        text = " ".join(f"{word}{number % kinds}" if word.isascii() else word for number, word in enumerate(chosen))
        found = shells_one(words_of(normalise(text)), key)
        assert shells(segment([text], key), key).tolist() == [found + [0] * (SHELLS_PER_EVENT - len(found))]


@compiles
@given(prompt_texts, keys)
def test_distinct_and_bounded(text: str, key: int) -> None:
    """A prompt has at most twelve shells, all different and none 0."""
    found = shells_one(words_of(normalise(text)), key)
    assert len(found) == len(set(found)) <= SHELLS_PER_EVENT
    assert 0 not in found


def test_template_shares_shells_whatever_fills_it() -> None:
    """A long constant head or tail leaves the same shells in prompts with different fillings."""
    for before, after in ((HEAD, ""), ("", TAIL)):
        first = _shells(before + "estimate churn for a telecom from these tables of three years" + after)
        second = _shells(before + "explain why revenue fell in the north last spring despite more visits" + after)
        assert first & second


def test_numbers_do_not_break_a_shell() -> None:
    """Digits are folded, so a counter in a template does not hide it."""
    assert _shells("task number 17 of 200 in this batch") == _shells("task number 9841 of 7 in this batch")


def test_other_key_other_shells() -> None:
    """Shells under two keys have nothing in common."""
    assert not _shells(HEAD, key=1) & _shells(HEAD, key=2)


def test_too_short_for_a_shell() -> None:
    """Fewer than five words, or eight letters of a spaceless script, leave no shell."""
    assert _shells("hello there my friend") == set()
    assert _shells("请帮我写一首") == set()
    assert len(_shells("请帮我写一首短诗")) == 1
