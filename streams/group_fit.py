"""Command ``groups``: fit how groups are judged, on labelled weeks of licensed prompts; same input, same bytes."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import click
import msgspec
import numpy as np
import numpy.typing as npt
from rich.console import Console

from models.candidate import LinkLabel
from models.group_evidence import LABELS, GroupWeights, LinkModel
from models.group_statistics import GROUP_FEATURES
from models.trace import Link
from models.trees import TreeModel, Trees
from streams.corpora import BUNDLED
from streams.group_looks import EVENTS_NAMES, LABELS_NAME, Looks
from streams.group_reference import HARVEST_SHARE, INNOCENT_SHARE, entities, innocent, pooled_entities, surprise_of
from streams.group_weeks import REFERENCE, SIMULATED, Week, watch_week
from streams.looks_file import thin, write_looks
from streams.weights import GROUPS_PATH, LOOKS_PATH

Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

#: Smaller trees name fewer accounts of makes that were left out, these more on our own make (record 20).
_TREES: dict[str, float] = {
    "max_iter": 600, "max_leaf_nodes": 31, "learning_rate": 0.1, "min_samples_leaf": 10, "l2_regularization": 1.0,
}  # fmt: skip

#: Kinds of anchor that are judged. That many share a card or an address says who they are, not what they do.
_JUDGED = (Link.SHELL,)

#: What the looks of one week weigh together: about as many groups as a week has.
_WEEK_WEIGHT = 1_000.0

#: Fewer innocent groups do not show how rare a score is, and their kind of anchor is not judged.
_LEAST_REFERENCES = 100


@click.command(name="groups")
@click.option("--wrappers", type=click.Choice(["all", "a", "b"]), default="a", show_default=True,
              help="Half of the prompt shells and templates to fit on.")  # fmt: skip
@click.option("--corpora", "folder", type=click.Path(exists=True, file_okay=False, path_type=Path), default=BUNDLED,
              help="Folder of prompt files in place of the bundled ones.")  # fmt: skip
@click.option("--without", multiple=True, metavar="NAME", help="Corpus to leave out; repeatable.")
@click.option("--labelled", multiple=True, type=click.Path(exists=True, file_okay=False, path_type=Path),
              help=f"Folder with {EVENTS_NAMES[-1]} (.gz, .zst) and {LABELS_NAME}: a week of another make or of your "
              "own; repeatable. It is fitted on, or referred to if none of its accounts harvests.")  # fmt: skip
@click.option("--innocents", multiple=True, type=click.Path(exists=True, file_okay=False, path_type=Path),
              help="Folder like --labelled of which only the innocent groups are fitted on; repeatable. For weeks "
              "whose campaigns cannot be told from innocent groups and are learned by heart.")  # fmt: skip
@click.option("--jobs", type=click.IntRange(1), default=2, show_default=True, help="Weeks simulated at once.")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), default=GROUPS_PATH,
              help="File to write; the shipped one unless given.")  # fmt: skip
@click.option("--looks-out", type=click.Path(dir_okay=False, path_type=Path), default=LOOKS_PATH,
              help="File to write thinned looks to, for `calibrate`; the shipped one unless given.")  # fmt: skip
def groups_command(
    wrappers: str,
    folder: Path,
    without: tuple[str, ...],
    labelled: tuple[Path, ...],
    innocents: tuple[Path, ...],
    jobs: int,
    out: Path,
    looks_out: Path,
) -> None:
    """Fit the group model on labelled weeks and write its weights; takes a minute or two a week.

    Weeks are simulated; the shipped weights are fitted on weeks of other makes besides (`make weights`), because what
    one make alone teaches does not hold on another.
    """
    console = Console(stderr=True)
    weeks = [*SIMULATED, *REFERENCE]
    tasks: list[Week] = [(name, seed, wrappers, folder, without) for name, seed in weeks]
    tasks += [*labelled, *innocents]
    names = [task.name if isinstance(task, Path) else f"{task[0]}-{task[1]}" for task in tasks]
    if len(set(names)) < len(names):
        raise click.UsageError("two folders of one name: weeks are told apart by it")
    looks: dict[str, Looks] = {}
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        for name, task, seen in zip(names, tasks, pool.map(watch_week, tasks), strict=True):
            console.print(f"{name}: {len(seen.anchor):,} looks at {len(set(seen.anchor.tolist())):,} anchors")
            looks[name] = without_harvest(seen) if task in innocents else seen
    fitted = {name: seen for name, seen in looks.items() if seen.harvests}
    reference = {name: seen for name, seen in looks.items() if not seen.harvests}
    provenance = {"wrappers": wrappers, "without": ",".join(without), "weeks": str(weeks)}
    provenance |= {"labelled": _names(labelled), "innocents": _names(innocents)}
    weights = fit([*fitted.values()], [*reference.values()], provenance)
    out.write_bytes(msgspec.json.encode(weights) + b"\n")
    console.print(f"{out}: {out.stat().st_size:,} bytes, links {', '.join(weights.links)}")
    _write_looks(looks_out, fitted | reference, weights)
    console.print(f"{looks_out}: {looks_out.stat().st_size:,} bytes")


def _write_looks(path: Path, weeks: dict[str, Looks], weights: GroupWeights) -> None:
    (link,) = _JUDGED
    if (judged := weights.links.get(LABELS[link])) is None:
        raise click.ClickException(f"{LABELS[link]}: too few groups to judge; {path} is not written")
    model = TreeModel(judged.trees)
    write_looks(path, {name: thin(seen, model, link) for name, seen in weeks.items()}, link)


def _names(folders: tuple[Path, ...]) -> str:
    return ",".join(folder.name for folder in folders)


def without_harvest(looks: Looks) -> Looks:
    """Leave out the looks at groups that mostly harvest."""
    return looks.only(looks.harvest_share <= HARVEST_SHARE)


def fit(fitted: list[Looks], reference: list[Looks], provenance: dict[str, str]) -> GroupWeights:
    """Fit trees on some weeks and read the evidence off the innocent groups of others."""
    links: dict[LinkLabel, LinkModel] = {}
    for link in _JUDGED:
        trees = fit_link(fitted, link)
        if trees is None:
            continue
        model = TreeModel(trees)
        highest = np.array(sorted(score for looks in reference for score in entities(model, looks, link)))
        if len(highest) < _LEAST_REFERENCES:
            continue
        formed = sum(len(set(looks.anchor[innocent(looks, link)].tolist())) for looks in reference)
        surprise = surprise_of(highest, formed)
        together = [score for looks in reference for score in pooled_entities(model, surprise, looks, link)]
        pooled = surprise_of(np.array(sorted(together)), formed) if together else None
        rows = np.concatenate([looks.features[innocent(looks, link)] for looks in fitted])
        usual = np.median(rows, axis=0).round(6).tolist()
        links[LABELS[link]] = LinkModel(trees=trees, surprise=surprise, usual=usual, pooled=pooled)
    return GroupWeights(links=links, provenance=provenance)


def fit_link(fitted: list[Looks], link: Link) -> Trees | None:
    """Fit trees to the groups of one kind of anchor; ``None`` where there is too little to learn from."""
    rows = np.concatenate([looks.features[looks.link == link] for looks in fitted])
    shares = np.concatenate([looks.harvest_share[looks.link == link] for looks in fitted])
    clear = (shares <= INNOCENT_SHARE) | (shares > HARVEST_SHARE)
    harvests = shares[clear] > HARVEST_SHARE
    if harvests.sum() < _TREES["min_samples_leaf"] or not (~harvests).any():
        return None
    per_look = np.concatenate([_look_weights(looks.anchor[looks.link == link]) for looks in fitted])
    return fit_trees(rows[clear], harvests, per_look[clear])


def _look_weights(anchors: npt.NDArray[np.uint64]) -> Floats:
    """All looks at an anchor weigh as much as one look at another, and every week as much as any other."""
    _, places, counts = np.unique(anchors, return_inverse=True, return_counts=True)
    weights: Floats = _WEEK_WEIGHT / (counts[places] * max(len(counts), 1))
    return weights


def fit_trees(rows: Floats, harvests: Flags, per_look: Floats) -> Trees:
    """Fit boosted trees with both classes weighing alike (scikit-learn's histogram gradient boosting)."""
    # In the extra `calibration`: nothing else of the service needs it.
    from sklearn.ensemble import HistGradientBoostingClassifier  # noqa: PLC0415

    weights = per_look * np.where(harvests, per_look[~harvests].sum() / per_look[harvests].sum(), 1.0)
    model = HistGradientBoostingClassifier(**_TREES, early_stopping=False, random_state=0)
    model.fit(rows, harvests, sample_weight=weights)
    roots: list[int] = []
    nodes: dict[str, list[float]] = {name: [] for name in ("feature", "threshold", "left", "right", "value")}
    for (predictor,) in model._predictors:  # noqa: SLF001 - the only way to its trees
        first = len(nodes["left"])
        roots.append(first)
        table = predictor.nodes
        leaf = table["is_leaf"].astype(bool)
        nodes["feature"] += np.where(leaf, 0, table["feature_idx"]).tolist()
        nodes["threshold"] += np.where(leaf, 0.0, table["num_threshold"]).tolist()
        nodes["left"] += np.where(leaf, -1, table["left"].astype(np.int64) + first).tolist()
        nodes["right"] += np.where(leaf, -1, table["right"].astype(np.int64) + first).tolist()
        nodes["value"] += _means(table).round(9).tolist()
    base = float(model._baseline_prediction.item())  # noqa: SLF001 - as above
    base += sum(nodes["value"][root] for root in roots)
    return Trees(features=list(GROUP_FEATURES), base=base, roots=roots, **nodes)  # type: ignore[arg-type]  # by name


def _means(table: npt.NDArray[np.void]) -> Floats:
    """Value of each node: a leaf's own, above it the mean of both children by training rows; children come later."""
    values = table["value"].astype(np.float64)
    for node in range(len(table) - 1, -1, -1):
        if not table["is_leaf"][node]:
            children = [int(table["left"][node]), int(table["right"][node])]
            values[node] = np.average(values[children], weights=table["count"][children])
    return values
