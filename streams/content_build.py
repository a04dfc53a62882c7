"""Command ``content``: fit the content model from licensed prompts; the same prompts give the same bytes."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path

import click
import msgspec
import numpy as np
import numpy.typing as npt

from models.content_fit import fit_content
from models.opening import SLOTS, opening
from models.segment import segment
from streams.corpora import BUNDLED, CorpusError, load, paths, read, sources
from streams.fitting import TEXTS_PER_BATCH, corpora_option, evenly_spaced, out_option, prompts_option, seed_option
from streams.weights.content import CONTENT_PATH, ContentProvenance, ContentSource

_HARVEST_ROLE = "harvest"


@click.command(name="content")
@corpora_option
@click.option(
    "--harvest",
    "harvests",
    multiple=True,
    help="Corpus of prompts that were put to a teacher model; for folders other than the bundled one. Repeatable.",
)
@click.option(
    "--without",
    multiple=True,
    help="Corpus to leave out, so that an evaluation can use its prompts. Repeatable.",
)
@out_option(CONTENT_PATH)
@seed_option("the order of prompts")
@prompts_option
def content(
    corpora: Path, harvests: tuple[str, ...], without: tuple[str, ...], out: Path, seed: int, prompts_per_corpus: int
) -> None:
    """Fit the content model's weights from folders of prompts, every corpus counting alike."""
    try:
        provenance = build(corpora, harvests, without, out, seed, prompts_per_corpus)
    except (CorpusError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    pooling = provenance.pooling
    harvest_count = sum(corpus.harvest for corpus in provenance.corpora)
    click.echo(
        f"{out}: {harvest_count} harvest and {len(provenance.corpora) - harvest_count} innocent corpora; held out they "
        f"score {pooling.harvest_mean:+.2f} and {pooling.innocent_mean:+.2f}, give or take {pooling.between_sd:.2f}"
    )


def build(
    corpora: Path, harvests: Sequence[str], without: Sequence[str], out: Path, seed: int, prompts_per_corpus: int
) -> ContentProvenance:
    """Write weights and provenance; raises ``CorpusError`` or ``ValueError`` when the prompts do not do."""
    files = paths(corpora)
    for name in (*harvests, *without):
        if name not in files:
            raise CorpusError(f"corpus {name!r}: not in {corpora}; it holds {', '.join(files)}")
    bundled = {source.name: source for source in sources()} if corpora == BUNDLED else {}
    roles = set(harvests) | {name for name, source in bundled.items() if source.role == _HARVEST_ROLE}
    found: tuple[dict[str, npt.NDArray[np.int16]], ...] = ({}, {})
    used = []
    for name, path in files.items():
        if name in without:
            continue
        places = _places([prompt.text for prompt in load(name, corpora)], prompts_per_corpus)
        found[name in roles][name] = places
        licence = bundled[name].licence if name in bundled else "not stated"
        used.append(ContentSource(name, name in roles, licence, len(places), sha256(read(path)).hexdigest()))
    weights, pooling = fit_content(found[True], found[False], seed)
    np.save(out, weights, allow_pickle=False)
    provenance = ContentProvenance(
        seed=seed,
        pooling=pooling,
        sha256=sha256(out.read_bytes()).hexdigest(),
        corpora=used,
    )
    out.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(provenance), indent=2) + b"\n")
    return provenance


def _places(texts: list[str], limit: int) -> npt.NDArray[np.int16]:
    """Places of at most ``limit`` different prompts that have some, evenly spaced in file order."""
    distinct = list(dict.fromkeys(texts))
    parts = [np.zeros((0, SLOTS), dtype=np.int16)]
    for first in range(0, len(distinct), TEXTS_PER_BATCH):
        batch = distinct[first : first + TEXTS_PER_BATCH]
        parts.append(opening(segment(batch, key=0), batch))
    places = np.concatenate(parts)
    places = places[places[:, 0] >= 0]
    return places[evenly_spaced(len(places), limit)]
