from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.embedding import WordEmbedder
from models.segment import segment
from models.text import normalise
from models.words import words_of
from tests.models.prompts import compiles, prompt_texts

DIMENSIONS = 8
VECTORS = np.random.Generator(np.random.PCG64(1)).standard_normal((64, DIMENSIONS)).astype(np.float32)


def tokenise(codes: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Give one token a character: its code point modulo the vocabulary."""
    words = codes.tobytes().decode("utf-32-le").split("\n")[:-1]
    tokens = [ord(character) % len(VECTORS) for word in words for character in word]
    return np.array(tokens, dtype=np.int32), np.array([len(word) for word in words], dtype=np.int64)


def embed(embedder: WordEmbedder, texts: list[str]) -> npt.NDArray[np.float32]:
    """Embed raw texts."""
    return embedder.embed(segment(texts, key=0))


@compiles
@given(st.lists(prompt_texts, max_size=8), st.integers(1, 6))
def test_batch_cache_and_single_form_agree(texts: list[str], capacity: int) -> None:
    """Neither the batch, nor a cache that overflows, nor one that is warm changes a bit of an embedding."""
    small, large = (WordEmbedder(VECTORS, tokenise, size) for size in (capacity, 1_000))
    found = embed(large, texts)
    assert np.array_equal(found, embed(large, texts))
    assert np.array_equal(found, embed(small, texts))
    for text, embedding in zip(texts, found, strict=True):
        assert np.array_equal(embedding, large.embed_one(words_of(normalise(text))))
        assert np.array_equal(embedding, embed(small, [text])[0])


@compiles
@given(prompt_texts)
def test_unit_length_or_zero(text: str) -> None:
    """An embedding has length 1, or is zero without words."""
    length = np.linalg.norm(embed(WordEmbedder(VECTORS, tokenise), [text])[0])
    assert length == pytest.approx(1.0 if words_of(normalise(text)) else 0.0, abs=1e-5)


def test_new_words_are_tokenised_once() -> None:
    """A word seen before costs no tokenisation, within a batch and between batches."""
    embedder = WordEmbedder(VECTORS, tokenise)
    embed(embedder, ["one two one", "two 12 345"])
    assert embedder.words_tokenised == 3
    embed(embedder, ["one two 99"])
    assert embedder.words_tokenised == 3


def test_tokeniser_that_fails_leaves_no_word_without_its_vector() -> None:
    """After an error inside the tokeniser the same batch embeds as if it had been the first."""
    failing = True

    def fragile(codes: npt.NDArray[np.int32]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
        if failing:
            raise RuntimeError("tokeniser")
        return tokenise(codes)

    embedder = WordEmbedder(VECTORS, fragile)
    with pytest.raises(RuntimeError, match="tokeniser"):
        embed(embedder, ["some words"])
    failing = False
    assert np.array_equal(embed(WordEmbedder(VECTORS, tokenise), ["some words"]), embed(embedder, ["some words"]))


@pytest.mark.parametrize(
    ("vectors", "capacity", "message"), [(VECTORS, 0, "capacity"), (VECTORS * np.nan, 9, "finite")]
)
def test_refuses_what_cannot_work(vectors: npt.NDArray[np.float32], capacity: int, message: str) -> None:
    """A cache without room and damaged weights are refused by name."""
    with pytest.raises(ValueError, match=message):
        WordEmbedder(vectors, tokenise, capacity)
