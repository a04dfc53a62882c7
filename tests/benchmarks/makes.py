"""Does what is fitted on some makes of traffic hold on another? ``python -m tests.benchmarks.makes build/weeks``.

The folder is what ``make weights`` leaves: weeks named make-seed. For each make the group model is fitted on shipped
looks at weeks of the others and of the simulator, and judged on its own; then once more as `stillwatch calibrate` does,
with one quiet week of that make learned from and two referred to. Ranking is told by the recall at the score that the
k-th of the week's own innocent entities reaches; what an operator would see by the innocent entities and the recall at
the page threshold of single groups. Recall is the share of a campaign's accounts in groups above it that are mostly
harvesting, mean over campaigns; the relays of human questions, which nothing can find, count. Takes half a minute of
CPU a week of files and one a fit.
"""

from __future__ import annotations

import argparse
import json
from concurrent.futures import ProcessPoolExecutor
from math import inf
from multiprocessing import get_context
from pathlib import Path

import click
import numpy as np
import numpy.typing as npt

from models.budget import PageBudget, threshold_nats
from models.detection import DetectionSettings
from models.group_evidence import LinkModel
from models.trace import Link
from models.trees import TreeModel
from streams.evaluation.truth import read_account_labels
from streams.group_fit import fit
from streams.group_looks import LABELS_NAME, Looks
from streams.group_reference import entities
from streams.group_weeks import watch_week
from streams.looks_file import read_looks
from streams.weights import LOOKS_PATH

_FALSE_ENTITIES = (0, 1, 3, 10)
_HARVEST_SHARE = 0.5

#: The quiet week of a make that is learned from; its others are referred to.
_LEARNED = "quiet-11"

Floats = npt.NDArray[np.float64]


def main() -> None:
    """Print two lines of JSON for each make that is left out, without and with its quiet weeks, and their means."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("weeks", type=Path, help="folder of weeks, named make-seed")
    options = parser.parse_args()
    folders = [path for path in sorted(options.weeks.iterdir()) if path.name.count("-") == 1]
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        judged = dict(zip(folders, pool.map(watch_week, folders), strict=True))
    shipped = read_looks(LOOKS_PATH)
    found: dict[bool, list[Floats]] = {False: [], True: []}
    for left_out in sorted({folder.name.split("-")[0] for folder in folders}):
        for calibrated, figures in found.items():
            model = _fitted(shipped, left_out, calibrated=calibrated)
            weeks = [(folder, week) for folder, week in judged.items() if folder.name.startswith(left_out)]
            figures.append(np.mean([_figures(model, week, folder / LABELS_NAME) for folder, week in weeks], axis=0))
            click.echo(json.dumps({"left_out": left_out, "calibrated": calibrated, **_named(figures[-1])}))
    for calibrated, figures in found.items():
        click.echo(json.dumps({"left_out": "mean", "calibrated": calibrated, **_named(np.mean(figures, axis=0))}))


def _fitted(shipped: dict[str, Looks], left_out: str, *, calibrated: bool) -> LinkModel:
    """Fit on what ships of other makes and, ``calibrated``, on quiet weeks of the one that is left out."""
    others = {name: week for name, week in shipped.items() if not name.startswith(left_out)}
    quiet = {name: week for name, week in shipped.items() if name.startswith(f"{left_out}-quiet")}
    own = quiet if calibrated else {}
    learned = [week for name, week in own.items() if name.endswith(_LEARNED)]
    referred = [week for name, week in own.items() if not name.endswith(_LEARNED)]
    fitted = [week for week in others.values() if week.harvests]
    reference = [week for week in others.values() if not week.harvests]
    return fit([*fitted, *learned], [*reference, *referred], {}).links["shell"]


def _named(figures: Floats) -> dict[str, float]:
    names = [*(f"recall at {count} false" for count in _FALSE_ENTITIES), "recall", "false entities"]
    return {name: round(float(value), 3) for name, value in zip(names, figures, strict=True)}


def _figures(fitted: LinkModel, week: Looks, labels: Path) -> list[float]:
    """Recall when the best 0, 1, 3 and 10 innocent entities would be paged too, at the page threshold, and these."""
    model = TreeModel(fitted.trees)
    shells = week.link == int(Link.SHELL)
    highest: dict[int, float] = {}
    for anchor, row in zip(week.anchor[shells].tolist(), week.features[shells], strict=True):
        highest[anchor] = max(model.read(row).log_odds, highest.get(anchor, -inf))
    innocent = entities(model, week, Link.SHELL)
    settings = DetectionSettings()
    asked_nats = threshold_nats(PageBudget(settings.planned_groups).grant(0), settings.false_pages_per_week)
    false = sum(fitted.surprise.of(score) >= asked_nats for score in innocent)
    campaigns: dict[str, set[str]] = {}
    for account in read_account_labels(labels):
        if account.harvests:
            campaigns.setdefault(account.campaign, set()).add(account.account_id)

    def recall(above: float) -> float:
        groups = [week.members[anchor] for anchor, score in highest.items() if score > above]
        harvesting = set().union(*campaigns.values())
        mostly = (members for members in groups if len(members & harvesting) >= _HARVEST_SHARE * len(members))
        named = set().union(*mostly)
        return float(np.mean([len(named & members) / len(members) for members in campaigns.values()]))

    passing = [score for score in highest.values() if fitted.surprise.of(score) >= asked_nats]
    least = np.nextafter(min(passing, default=inf), -inf)
    return [*(recall(innocent[count]) for count in _FALSE_ENTITIES), recall(float(least)), false]


if __name__ == "__main__":
    main()
