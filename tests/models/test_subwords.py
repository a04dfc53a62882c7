from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tokenizers import Tokenizer

from models.subwords import WORD_START, Subwords
from models.text import normalise
from models.words import code_points, words_of
from streams.corpora import load
from streams.weights import _subwords, package_file
from tests.models.prompts import compiles, prompt_texts

BYTEWISE = {f"<0x{byte:02X}>": byte for byte in range(256)}


@pytest.fixture(scope="module")
def library() -> Tokenizer:
    """Return the library's tokenizer, with the vocabulary that ships with the token vectors."""
    return Tokenizer.from_file(str(package_file("tokenizers/l2_supercat_tokenizer_config.json")))


def by_library(library: Tokenizer, word: str) -> list[int]:
    """Tokens of one word after a space, without the bare mark."""
    tokens: list[int] = library.encode(word, add_special_tokens=False).ids
    return tokens[1:] if len(tokens) > 1 and tokens[0] == library.token_to_id(WORD_START) else tokens


def by_kernel(words: list[str]) -> list[list[int]]:
    """Tokens of each of some words."""
    tokens, counts = _subwords()(code_points(words))
    return [part.tolist() for part in np.split(tokens, np.cumsum(counts))[:-1]]


def folded(text: str) -> list[str]:
    """The words of a text as they are tokenised."""
    return [word.folded for word in words_of(normalise(text))]


@compiles
@given(st.lists(prompt_texts, max_size=5))
def test_any_words_have_the_librarys_tokens(library: Tokenizer, texts: list[str]) -> None:
    """In every script, and where a character is no token, a batch gives what the library gives word by word."""
    words = [word for text in texts for word in folded(text)]
    assert by_kernel(words) == [by_library(library, word) for word in words]


@pytest.mark.parametrize("corpus", ["huatuo_med", "nl2bash", "gpteacher_codegen"])
def test_words_of_real_prompts_have_the_librarys_tokens(library: Tokenizer, corpus: str) -> None:
    """Chinese, commands and code: thousands of different words, many of several merges."""
    words = list(dict.fromkeys(word for prompt in load(corpus)[:400] for word in folded(prompt.text)))
    assert len(words) > 400
    assert by_kernel(words) == [by_library(library, word) for word in words]


def test_of_equal_pairs_the_leftmost_is_merged_first() -> None:
    """Three equal letters make a pair and a letter, not a letter and a pair."""
    ids = BYTEWISE | {WORD_START: 300, "a": 301, "aa": 302}
    tokens, counts = Subwords(ids, [("a", "a")])(code_points(["aaa"]))
    assert (tokens.tolist(), counts.tolist()) == ([302, 301], [2])


def test_an_earlier_merge_comes_first_wherever_it_stands() -> None:
    """Rank decides, not place: the later merge finds its left half gone."""
    ids = BYTEWISE | {WORD_START: 300, "a": 301, "b": 302, "c": 303, "ab": 304, "bc": 305}
    assert Subwords(ids, [("b", "c"), ("a", "b")])(code_points(["abc"]))[0].tolist() == [301, 305]
    assert Subwords(ids, [("a", "b"), ("b", "c")])(code_points(["abc"]))[0].tolist() == [304, 303]


def test_no_words_have_no_tokens() -> None:
    """An empty batch is no special case."""
    assert by_kernel([]) == []


@pytest.mark.parametrize("missing", [WORD_START, "<0x0A>", "ab"])
def test_a_vocabulary_that_lacks_a_token_is_refused(missing: str) -> None:
    """The token is named: without it some word could not be written."""
    ids = BYTEWISE | {WORD_START: 300, "a": 301, "b": 302, "ab": 303}
    del ids[missing]
    with pytest.raises(ValueError, match=missing):
        Subwords(ids, [("a", "b")])
