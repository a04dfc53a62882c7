"""Semantic cells: the nearest of some unit centroids (spherical k-means; Dhillon, Modha, Machine Learning 42, 2001)."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from models.hashing import GOLDEN, fnv1a, mix, mix_kernel

#: Random hyperplanes of the code for embeddings that are not ours: 2**8 cells.
_HYPERPLANES = 8
_U_GOLDEN, _U_ONE = np.uint64(GOLDEN), np.uint64(1)
_MAX_ITERATIONS = 100


class Codebook:
    """Assigns embeddings to cells; ties go to the lowest cell.

    Cost: about 0.5 microseconds an embedding (256 cells, 64 dimensions).

    Args:
        centroids: float32 of shape (cells, dimensions), each of unit length within 1e-3; at most 32,768 cells.

    >>> codebook = Codebook(np.eye(3, dtype=np.float32))
    >>> codebook.assign_one(np.array([0.0, 0.6, 0.8], dtype=np.float32))
    2

    """

    def __init__(self, centroids: npt.NDArray[np.float32]) -> None:
        if centroids.ndim != 2 or not 1 <= len(centroids) <= 2**15:
            raise ValueError(f"centroids: shape {centroids.shape}, need (1 to 32768 cells, dimensions)")
        if not np.allclose(np.linalg.norm(centroids, axis=1), 1.0, atol=1e-3):
            raise ValueError("centroids: not all of unit length; build the codebook again with `codebook`")
        self.centroids = np.array(centroids, dtype=np.float32, order="C")
        self._by_dimension = np.array(centroids.T, dtype=np.float32, order="C")

    def assign(self, embeddings: npt.NDArray[np.float32]) -> npt.NDArray[np.int16]:
        """Cell of each embedding: int16 of shape (embeddings,)."""
        cells = np.zeros(len(embeddings), dtype=np.int16)
        _nearest(embeddings, self._by_dimension, cells, np.zeros(len(embeddings), dtype=np.float32))
        return cells

    def assign_one(self, embedding: npt.NDArray[np.float32]) -> int:
        """Cell of one embedding, the readable way: the same as ``assign``."""
        scores = np.zeros(len(self.centroids), dtype=np.float32)
        for value, column in zip(embedding, self._by_dimension, strict=True):
            scores += value * column
        return int(np.argmax(scores))


def fit_codebook(embeddings: npt.NDArray[np.float32], cells: int, seed: int) -> tuple[npt.NDArray[np.float32], float]:
    """Fit centroids: spherical k-means from a seeded k-means++ start (Arthur and Vassilvitskii, SODA 2007).

    Args:
        embeddings: float32 of shape (at least ``cells``, dimensions), unit length.
        cells: number of centroids.
        seed: of the start; equal arguments give equal bytes.

    Returns:
        The centroids, float32 of shape (cells, dimensions), and the mean cosine of embeddings to theirs.

    """
    if len(embeddings) < cells:
        raise ValueError(f"embeddings: {len(embeddings)} for {cells} cells; give more prompts or ask for fewer cells")
    embeddings = np.ascontiguousarray(embeddings, dtype=np.float32)
    centroids = _start(embeddings, cells, seed)
    assigned = np.full(len(embeddings), -1, dtype=np.int16)
    scores = np.zeros(len(embeddings), dtype=np.float32)
    for _ in range(_MAX_ITERATIONS):
        before = assigned.copy()
        _nearest(embeddings, np.ascontiguousarray(centroids.T), assigned, scores)
        if np.array_equal(before, assigned):
            break
        centroids = _means(embeddings, assigned, scores, cells)
    return centroids, float(np.mean(scores, dtype=np.float64))


def hyperplane_cell(embedding: npt.NDArray[np.float64], model: str) -> int:
    """Cell, 0 to 255, of an embedding that some other model made: the signs of 8 seeded projections.

    Sign random projections (Charikar, STOC 2002): two embeddings an angle apart of ``a`` radians differ in a bit with
    probability a/pi. The planes pass through the origin and know nothing of how the model's embeddings lie, so cells
    are coarser and less even than the codebook's, and cells of different models, or of text, cannot be compared.

    Cost: about 1 microsecond per 100 dimensions. Raises ``ValueError`` unless the embedding is finite.
    """
    if not np.isfinite(embedding).all():
        raise ValueError("prompt_embedding: not all finite; the decoder refuses such events")
    return int(_signs(np.ascontiguousarray(embedding, dtype=np.float64), np.uint64(mix(fnv1a(model.encode())))))


def _start(embeddings: npt.NDArray[np.float32], cells: int, seed: int) -> npt.NDArray[np.float32]:
    random = np.random.Generator(np.random.PCG64(seed))
    chosen = [int(random.random() * len(embeddings))]
    distance = np.full(len(embeddings), np.inf)
    scores = np.zeros(len(embeddings), dtype=np.float32)
    nearest = np.zeros(len(embeddings), dtype=np.int16)
    while len(chosen) < cells:
        _nearest(embeddings, np.ascontiguousarray(embeddings[chosen[-1:]].T), nearest, scores)
        distance = np.minimum(distance, np.maximum(1.0 - scores.astype(np.float64), 0.0))
        reach = np.cumsum(distance)
        if reach[-1] == 0.0:
            raise ValueError(f"embeddings: fewer than {cells} distinct; give more prompts or ask for fewer cells")
        chosen.append(min(int(np.searchsorted(reach, random.random() * reach[-1], side="right")), len(embeddings) - 1))
    return embeddings[chosen]


def _means(
    embeddings: npt.NDArray[np.float32], assigned: npt.NDArray[np.int16], scores: npt.NDArray[np.float32], cells: int
) -> npt.NDArray[np.float32]:
    """Take the unit means of the members; a cell left empty restarts at the embedding that fits its own cell worst."""
    sums = np.zeros((cells, embeddings.shape[1]))
    np.add.at(sums, assigned, embeddings)
    worst = iter(np.argsort(scores, kind="stable").tolist())
    for cell in np.flatnonzero(np.bincount(assigned, minlength=cells) == 0).tolist():
        sums[cell] = embeddings[next(worst)]
    lengths = np.sqrt(np.cumsum(sums * sums, axis=1)[:, -1:])
    return (sums / np.where(lengths > 0.0, lengths, 1.0)).astype(np.float32)


@njit(cache=True)
def _largest(products: npt.NDArray[np.float32]) -> int:
    """Index of the first of the largest products, none of them NaN."""
    # Floats above 0 are ordered as the whole numbers of the same bits, of which several are compared at a time.
    bits = products.view(np.int32)
    most = bits[0]
    for cell in range(1, len(bits)):
        most = max(most, bits[cell])
    best = 0
    if most > 0:
        while bits[best] != most:
            best += 1
        return best
    for cell in range(1, len(products)):
        if products[cell] > products[best]:
            best = cell
    return best


@njit(cache=True, inline="always")
def _add_products(
    values: npt.NDArray[np.float32],
    others: npt.NDArray[np.float32],
    by_dimension: npt.NDArray[np.float32],
    first: int,
    products: npt.NDArray[np.float32],
    other_products: npt.NDArray[np.float32],
) -> None:
    """Add eight dimensions, from ``first`` on, to the products of two embeddings with all centroids.

    Written into its caller by Numba, which knows there that the arrays do not overlap.
    """
    a, b, c, d = values[first], values[first + 1], values[first + 2], values[first + 3]
    e, f, g, h = values[first + 4], values[first + 5], values[first + 6], values[first + 7]
    q, r, s, t = others[first], others[first + 1], others[first + 2], others[first + 3]
    u, v, w, x = others[first + 4], others[first + 5], others[first + 6], others[first + 7]
    one, two, three, four = (
        by_dimension[first],
        by_dimension[first + 1],
        by_dimension[first + 2],
        by_dimension[first + 3],
    )
    five, six, seven, eight = (
        by_dimension[first + 4],
        by_dimension[first + 5],
        by_dimension[first + 6],
        by_dimension[first + 7],
    )
    for cell in range(len(products)):
        total, other = products[cell], other_products[cell]
        total += a * one[cell]
        other += q * one[cell]
        total += b * two[cell]
        other += r * two[cell]
        total += c * three[cell]
        other += s * three[cell]
        total += d * four[cell]
        other += t * four[cell]
        total += e * five[cell]
        other += u * five[cell]
        total += f * six[cell]
        other += v * six[cell]
        total += g * seven[cell]
        other += w * seven[cell]
        total += h * eight[cell]
        other += x * eight[cell]
        products[cell], other_products[cell] = total, other


@njit(cache=True)
def _nearest(
    embeddings: npt.NDArray[np.float32],
    by_dimension: npt.NDArray[np.float32],
    cells: npt.NDArray[np.int16],
    scores: npt.NDArray[np.float32],
) -> None:
    """Write each embedding's nearest cell and its cosine; sums run over dimensions in order, lanes over cells.

    Eight dimensions at a time, so that a sum is stored once for eight products, and two embeddings, so that a centroid
    is read once for both; the order of each sum is the same. The last of an odd number is taken twice.
    """
    dimensions = by_dimension.shape[0]
    blocked = dimensions - dimensions % 8
    products = np.empty(by_dimension.shape[1], dtype=np.float32)
    others = np.empty(by_dimension.shape[1], dtype=np.float32)
    for row in range(0, len(embeddings), 2):
        other = min(row + 1, len(embeddings) - 1)
        products[:] = np.float32(0.0)
        others[:] = np.float32(0.0)
        for first in range(0, blocked, 8):
            _add_products(embeddings[row], embeddings[other], by_dimension, first, products, others)
        for dimension in range(blocked, dimensions):
            for cell in range(len(products)):
                products[cell] += embeddings[row, dimension] * by_dimension[dimension, cell]
                others[cell] += embeddings[other, dimension] * by_dimension[dimension, cell]
        cells[row], cells[other] = _largest(products), _largest(others)
        scores[row], scores[other] = products[cells[row]], others[cells[other]]


@njit(cache=True)
def _signs(embedding: npt.NDArray[np.float64], seed: np.uint64) -> int:
    """Code of the signs of projections on vectors of seeded +1 and -1 (Achlioptas, 2003)."""
    sums = np.zeros(_HYPERPLANES)
    for dimension in range(len(embedding)):
        bits = mix_kernel(seed + np.uint64(dimension) * _U_GOLDEN)
        for plane in range(_HYPERPLANES):
            bit = (bits >> np.uint64(plane)) & _U_ONE
            sums[plane] += embedding[dimension] if bit else -embedding[dimension]
    code = 0
    for plane in range(_HYPERPLANES):
        code |= (1 << plane) if sums[plane] > 0.0 else 0
    return code
