"""Does what is fitted on some makes of traffic hold on another? ``python -m tests.benchmarks.makes build/weeks``.

The folder is what ``make weights`` leaves: weeks named make-seed. For each make the group model is fitted on the weeks
of the others and of the simulator, and judged on its own. Where the threshold would lie is left open: recall is told at
the score that the k-th of the week's own innocent entities reaches, so it is ranking that is measured. Recall is the
share of a campaign's accounts in groups above it that are mostly harvesting, mean over campaigns; the relays of human
questions, which nothing can find, count. Takes half a minute of CPU a week of files and two a simulated one, most of
them for features.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt

from models.group_statistics import GROUP_FEATURES
from models.habits import HABITS
from models.trace import Link
from models.trees import TreeModel
from streams.corpora import BUNDLED
from streams.evaluation.truth import read_account_labels
from streams.group_fit import fit_link, without_harvest
from streams.group_looks import LABELS_NAME, Looks
from streams.group_reference import entities
from streams.group_weeks import SIMULATED, watch_week

_FALSE_ENTITIES = (0, 1, 3, 10)
_HARVEST_SHARE = 0.5

#: Makes of which only the innocent groups are fitted on, as ``make weights`` does.
_INNOCENTS = ("sixth",)

Floats = npt.NDArray[np.float64]


def main() -> None:
    """Print a line of JSON for each make that is left out, and their mean."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weeks", type=Path, help="folder of weeks, named make-seed")
    parser.add_argument("--without-habits", action="store_true", help="do not look at what accounts do at large")
    options = parser.parse_args()
    folders = [path for path in sorted(options.weeks.iterdir()) if path.name.count("-") == 1]
    simulated = [(name, seed, "a", BUNDLED, ()) for name, seed in SIMULATED]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        looks = list(pool.map(watch_week, [*folders, *simulated]))
    if options.without_habits:
        for week in looks:
            week.features[:, [GROUP_FEATURES.index(name) for name in HABITS]] = 0.0
    makes = [folder.name.split("-")[0] for folder in folders] + ["simulator"] * len(simulated)
    taught = [without_harvest(week) if make in _INNOCENTS else week for week, make in zip(looks, makes, strict=True)]
    found = []
    for left_out in sorted(set(makes) - {"simulator"}):
        trees = fit_link([week for week, make in zip(taught, makes, strict=True) if make != left_out], Link.SHELL)
        if trees is None:
            raise SystemExit(f"{options.weeks}: too few harvesting groups beside those of {left_out}")
        model = TreeModel(trees)
        judged = [(folder, week) for folder, week, make in zip(folders, looks, makes, strict=False) if make == left_out]
        recalls = np.mean([_recalls(model, week, folder / LABELS_NAME) for folder, week in judged], axis=0)
        found.append(recalls)
        click.echo(json.dumps({"left_out": left_out, "recall": _named(recalls)}))
    click.echo(json.dumps({"left_out": "mean", "recall": _named(np.mean(found, axis=0))}))


def _named(recalls: Floats) -> dict[str, float]:
    return {f"at {count} false": round(float(value), 3) for count, value in zip(_FALSE_ENTITIES, recalls, strict=True)}


def _recalls(model: TreeModel, week: Looks, labels: Path) -> list[float]:
    """Recall when the best 0, 1, 3 and 10 innocent entities of the week would be paged too."""
    shells = week.link == int(Link.SHELL)
    scores = np.array([model.read(row).log_odds for row in week.features[shells]])
    highest: dict[int, float] = {}
    for anchor, score in zip(week.anchor[shells].tolist(), scores.tolist(), strict=True):
        highest[anchor] = max(score, highest.get(anchor, score))
    innocent = entities(model, week, Link.SHELL)
    campaigns: dict[str, set[str]] = {}
    for account in read_account_labels(labels):
        if account.harvests:
            campaigns.setdefault(account.campaign, set()).add(account.account_id)
    harvesting = set().union(*campaigns.values())
    recalls = []
    for count in _FALSE_ENTITIES:
        above = [week.members[anchor] for anchor, score in highest.items() if score > innocent[count]]
        named = set().union(*(m for m in above if len(m & harvesting) >= _HARVEST_SHARE * len(m)), set())
        recalls.append(float(np.mean([len(named & members) / len(members) for members in campaigns.values()])))
    return recalls


if __name__ == "__main__":
    main()
