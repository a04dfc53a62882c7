"""Command ``codebook``: build the semantic cells from licensed prompts; the same prompts give the same bytes."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import click
import msgspec
import numpy as np
import numpy.typing as npt

from models.codebook import fit_codebook
from models.embedding import WordEmbedder
from models.features import CELL_COUNT
from models.segment import segment
from streams.corpora import BUNDLED, CorpusError, load, paths, read, sources
from streams.fitting import TEXTS_PER_BATCH, corpora_option, evenly_spaced, out_option, prompts_option, seed_option
from streams.weights import CODEBOOK_PATH, EMBEDDING_NAME, load_embedder


class CorpusUse(msgspec.Struct, frozen=True):
    """One corpus that a codebook was built from; ``sha256`` is of its uncompressed bytes."""

    name: str
    licence: str
    prompts: int
    sha256: str


class Provenance(msgspec.Struct, frozen=True, kw_only=True):
    """Where a codebook came from; ``mean_cosine`` is that of the prompts to their centroids."""

    embedding: str
    cells: int
    seed: int
    mean_cosine: float
    sha256: str
    corpora: list[CorpusUse]
    schema_version: int = 1


@click.command(name="codebook")
@corpora_option
@out_option(CODEBOOK_PATH)
@seed_option("the k-means start")
@prompts_option
def codebook(corpora: Path, out: Path, seed: int, prompts_per_corpus: int) -> None:
    """Build the codebook of semantic cells from folders of prompts.

    What accounts have gathered in cells means nothing under another codebook: start from empty state after a change.
    """
    try:
        provenance = build(corpora, out, seed, prompts_per_corpus)
    except (CorpusError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    used = sum(corpus.prompts for corpus in provenance.corpora)
    click.echo(f"{out}: {provenance.cells} cells from {used} prompts, mean cosine {provenance.mean_cosine:.3f}")


def build(corpora: Path, out: Path, seed: int, prompts_per_corpus: int) -> Provenance:
    """Write the codebook and its provenance; raises ``CorpusError`` or ``ValueError`` when the prompts do not do."""
    licences = {source.name: source.licence for source in sources()} if corpora == BUNDLED else {}
    embedder = load_embedder()
    embeddings = []
    used = []
    for name, path in paths(corpora).items():
        found = _embeddings(embedder, [prompt.text for prompt in load(name, corpora)], prompts_per_corpus)
        embeddings.append(found)
        used.append(CorpusUse(name, licences.get(name, "not stated"), len(found), sha256(read(path)).hexdigest()))
    centroids, mean_cosine = fit_codebook(np.concatenate(embeddings), CELL_COUNT, seed)
    np.save(out, centroids, allow_pickle=False)
    provenance = Provenance(
        embedding=EMBEDDING_NAME,
        cells=CELL_COUNT,
        seed=seed,
        mean_cosine=round(mean_cosine, 6),
        sha256=sha256(out.read_bytes()).hexdigest(),
        corpora=used,
    )
    out.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(provenance), indent=2) + b"\n")
    return provenance


def _embeddings(embedder: WordEmbedder, texts: list[str], limit: int) -> npt.NDArray[np.float32]:
    """Embeddings of at most ``limit`` prompts of different content that hold words, evenly spaced in file order."""
    found: dict[int, npt.NDArray[np.float32]] = {}
    for first in range(0, len(texts), TEXTS_PER_BATCH):
        words = segment(texts[first : first + TEXTS_PER_BATCH], key=0)
        for content, embedding in zip(words.contents.tolist(), embedder.embed(words), strict=True):
            if content:
                found.setdefault(content, embedding)
    kept = np.array(list(found.values()), dtype=np.float32).reshape(len(found), embedder.dimensions)
    return kept[evenly_spaced(len(kept), limit)]
