from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import msgspec
import numpy as np
import pytest
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from models.features import CELL_COUNT, EMBEDDING_DIMENSIONS
from models.segment import segment
from models.words import words_of
from streams.codebook_build import Provenance
from streams.corpora import load, paths, read
from streams.weights import (
    CODEBOOK_PATH,
    EMBEDDING_NAME,
    PROVENANCE_PATH,
    WeightsError,
    load_codebook,
    load_embedder,
    package_file,
)

TEXTS = [
    "Why is the sky blue, and why are sunsets red?",
    "天空为什么是蓝色的？",
    "Почему небо голубое?",
    "naïve café 42",
]


def test_embedding_is_the_mean_of_the_package_token_vectors() -> None:
    """The cosine with a plain mean over the tokens of the words, each after a space, is 1."""
    tokenizer = Tokenizer.from_file(str(package_file("tokenizers/l2_supercat_tokenizer_config.json")))
    vectors = load_file(package_file("weights/l2_supercat_256.safetensors"))["embedding.weight"][
        :, :EMBEDDING_DIMENSIONS
    ]
    embedder = load_embedder()
    text = "plain english words without any marks between them"
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    mean = vectors[ids].mean(axis=0, dtype=np.float64)
    found = embedder.embed(segment([text], key=0))[0]
    assert float(found @ mean / np.linalg.norm(mean)) == pytest.approx(1.0, abs=1e-6)


def test_batch_and_single_form_agree_with_real_weights() -> None:
    """Real tokens in several scripts give the same bits in both forms."""
    embedder = load_embedder()
    found = embedder.embed(segment(TEXTS, key=0))
    for text, embedding in zip(TEXTS, found, strict=True):
        assert np.array_equal(embedding, embedder.embed_one(words_of(text.lower().replace("？", "?"))))


def test_like_meanings_are_closer() -> None:
    """A paraphrase is nearer than another subject."""
    sky, paraphrase, other = load_embedder().embed(
        segment([TEXTS[0], "What makes the sky look blue?", "Write a python function that sorts a list"], key=0)
    )
    assert float(sky @ paraphrase) > float(sky @ other) + 0.2


def test_shipped_codebook_fits_and_spreads_prompts() -> None:
    """The codebook that ships loads, and prompts of a mixed corpus reach many of its cells."""
    codebook = load_codebook()
    assert codebook.centroids.shape == (CELL_COUNT, EMBEDDING_DIMENSIONS)
    texts = [prompt.text for prompt in load("mmlu_eval")[:2_000]]
    cells = codebook.assign(load_embedder().embed(segment(texts, key=0)))
    assert len(set(cells.tolist())) > 40


def test_shipped_codebook_came_from_the_bundled_prompts() -> None:
    """Its provenance names the bundled corpora as they are now, and the file itself."""
    provenance = msgspec.json.decode(PROVENANCE_PATH.read_bytes(), type=Provenance)
    assert provenance.embedding == EMBEDDING_NAME
    assert sha256(CODEBOOK_PATH.read_bytes()).hexdigest() == provenance.sha256
    assert {name: sha256(read(path)).hexdigest() for name, path in paths().items()} == {
        corpus.name: corpus.sha256 for corpus in provenance.corpora
    }


def test_missing_and_wrong_codebooks_are_refused(tmp_path: Path) -> None:
    """A codebook that is absent, damaged or of another shape is refused with its path and the mend."""
    damaged, small = tmp_path / "damaged.npy", tmp_path / "small.npy"
    damaged.write_bytes(b"no array")
    np.save(small, np.eye(4, dtype=np.float32))
    for path in (tmp_path / "absent.npy", damaged, small):
        with pytest.raises(WeightsError, match=f"{path.name}.*stillwatch codebook"):
            load_codebook(path)
    with pytest.raises(WeightsError, match="install wordllama again"):
        package_file("weights/absent.safetensors")
