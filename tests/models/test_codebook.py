from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.codebook import Codebook, fit_codebook, hyperplane_cell
from tests.models.prompts import compiles


def unit_rows(rows: int, dimensions: int, seed: int) -> npt.NDArray[np.float32]:
    """Random rows of unit length."""
    found: npt.NDArray[np.float64] = np.random.Generator(np.random.PCG64(seed)).standard_normal((rows, dimensions))
    scaled: npt.NDArray[np.float32] = (found / np.linalg.norm(found, axis=1, keepdims=True)).astype(np.float32)
    return scaled


@compiles
@given(st.integers(0, 1000), st.integers(1, 40))
def test_batch_and_single_form_agree(seed: int, rows: int) -> None:
    """A cell does not depend on the batch."""
    codebook = Codebook(unit_rows(32, 16, seed))
    embeddings = unit_rows(rows, 16, seed + 1)
    cells = codebook.assign(embeddings)
    assert cells.tolist() == [codebook.assign_one(embedding) for embedding in embeddings]
    assert cells.tolist() == np.concatenate([codebook.assign(embeddings[:1]), codebook.assign(embeddings[1:])]).tolist()


def test_nearest_of_centroids_that_all_point_away() -> None:
    """Products below zero are compared as well; rows of both halves of a pair, and one left over."""
    codebook = Codebook(np.abs(unit_rows(32, 16, 3)))
    embeddings = -np.abs(unit_rows(5, 16, 4))
    assert codebook.assign(embeddings).tolist() == [codebook.assign_one(embedding) for embedding in embeddings]


def test_ties_go_to_the_lowest_cell() -> None:
    """Equal centroids give the first one, and so does an embedding of zeros."""
    codebook = Codebook(np.repeat(unit_rows(1, 4, 0), 3, axis=0))
    assert codebook.assign(np.vstack([codebook.centroids[:1], np.zeros((1, 4), np.float32)])).tolist() == [0, 0]


def test_fit_is_reproducible_byte_for_byte() -> None:
    """Equal prompts and seed give equal bytes; another seed gives other ones."""
    embeddings = unit_rows(400, 8, 3)
    first, again, other = (fit_codebook(embeddings, 16, seed)[0].tobytes() for seed in (5, 5, 6))
    assert first == again
    assert first != other


def test_fit_finds_separate_clusters() -> None:
    """Well separated clusters get a centroid each."""
    centres = np.eye(6, dtype=np.float32)
    noise = np.random.Generator(np.random.PCG64(2)).standard_normal((600, 6)) * 0.05
    embeddings = np.repeat(centres, 100, axis=0) + noise
    embeddings = (embeddings / np.linalg.norm(embeddings, axis=1, keepdims=True)).astype(np.float32)
    centroids, mean_cosine = fit_codebook(embeddings, 6, seed=1)
    cells = Codebook(centroids).assign(embeddings).reshape(6, 100)
    assert {1} == {len(set(row)) for row in cells.tolist()}
    assert len(set(cells[:, 0].tolist())) == 6
    assert mean_cosine > 0.98


def test_fit_refuses_too_few() -> None:
    """Fewer embeddings than cells, or fewer distinct ones, are refused."""
    with pytest.raises(ValueError, match="3 for 4 cells"):
        fit_codebook(unit_rows(3, 4, 0), 4, seed=1)
    with pytest.raises(ValueError, match="distinct"):
        fit_codebook(np.repeat(np.eye(2, dtype=np.float32), 8, axis=0), 4, seed=1)


@pytest.mark.parametrize("shape", [(0, 4), (4,)])
def test_codebook_refuses_other_shapes(shape: tuple[int, ...]) -> None:
    """Centroids must be a table of at least one row."""
    with pytest.raises(ValueError, match="centroids"):
        Codebook(np.zeros(shape, dtype=np.float32))


def test_codebook_refuses_lengths_other_than_one() -> None:
    """Centroids that are not of unit length are refused."""
    with pytest.raises(ValueError, match="unit length"):
        Codebook(np.full((2, 4), 3.0, dtype=np.float32))


def test_hyperplane_cells_spread_and_keep_neighbours() -> None:
    """Random embeddings fill most of the 256 cells; a small change seldom moves one; models have their own planes."""
    embeddings = unit_rows(2_000, 384, 7).astype(np.float64)
    cells = [hyperplane_cell(embedding, "m") for embedding in embeddings]
    nudged = [hyperplane_cell(embedding + 1e-4, "m") for embedding in embeddings]
    other = [hyperplane_cell(embedding, "n") for embedding in embeddings]
    assert len(set(cells)) > 240
    assert sum(a == b for a, b in zip(cells, nudged, strict=True)) > 1_900
    assert sum(a == b for a, b in zip(cells, other, strict=True)) < 100
    assert cells == [hyperplane_cell(embedding * 3.0, "m") for embedding in embeddings]


def test_hyperplane_cell_refuses_non_finite() -> None:
    """A non-finite embedding has no cell."""
    with pytest.raises(ValueError, match="finite"):
        hyperplane_cell(np.array([np.nan] * 16), "m")
