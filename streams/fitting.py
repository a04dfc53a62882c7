"""What the commands that fit weights to licensed prompts share: their options, and which prompts they take."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import click
import numpy as np
import numpy.typing as npt

from streams.corpora import BUNDLED

Option = Callable[[Callable[..., Any]], Callable[..., Any]]

#: Texts that are segmented at a time.
TEXTS_PER_BATCH: Final = 1_000

corpora_option = click.option(
    "--corpora",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=BUNDLED,
    help="Folder of .jsonl, .jsonl.gz or .jsonl.zst files of prompts; the bundled ones unless given.",
)
prompts_option = click.option(
    "--prompts-per-corpus",
    type=click.IntRange(1),
    default=2_000,
    show_default=True,
    help="Prompts taken of each corpus, evenly spaced, so that no corpus outweighs the others.",
)


def out_option(shipped: Path) -> Option:
    """Return the option that names the file to write; the one that ships unless given."""
    return click.option(
        "--out",
        type=click.Path(dir_okay=False, path_type=Path),
        default=shipped,
        help="The .npy file to write, with a .json of its provenance beside it; the shipped one unless given.",
    )


def seed_option(of: str) -> Option:
    """Return the option for the seed ``of`` something."""
    return click.option("--seed", type=click.IntRange(0), default=20_260_101, show_default=True, help=f"Seed of {of}.")


def evenly_spaced(count: int, limit: int) -> npt.NDArray[np.int64]:
    """Return at most ``limit`` places among ``count``, ascending and different, from the first to the last."""
    return np.unique(np.linspace(0, count - 1, min(limit, count)).round().astype(np.int64))
