"""How the group model is fitted: trees out of scikit-learn, evidence out of reference groups."""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from models.anchor import Anchor
from models.group_evidence import GroupModel
from models.group_statistics import GROUP_FEATURES
from models.trace import Link
from models.trees import TreeModel, Trees
from streams import group_fit
from streams.group_fit import fit, fit_trees, surprise_of
from streams.group_looks import Looks
from streams.weights import GROUPS_PATH, WeightsError, load_groups

Floats = npt.NDArray[np.float64]

#: Nats by which evidence between two knots may differ from the count's, and a step between neighbours.
_TOLERANCE_NATS = 0.35


@pytest.fixture(scope="module", autouse=True)
def _one_thread() -> Iterator[None]:
    """Fit on one thread: the tables are small, and threads that wait for a shared core are far slower."""
    with threadpool_limits(1, "openmp"):
        yield


@pytest.fixture(scope="module")
def trees() -> Trees:
    """Return trees fitted to 1,500 rows."""
    return fit_trees(*labelled(1_500, 1))


def labelled(count: int, seed: int) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Make rows of normal features, of which three tell harvests from the rest, with noise."""
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(count, len(GROUP_FEATURES)))
    return rows, rows[:, 0] + rows[:, 3] * rows[:, 7] + rng.normal(size=count) > 1.5


def looks_of(seed: int, link: Link, groups: int = 150, per_group: int = 4) -> Looks:
    """Make looks at groups of one kind of anchor, a fifth of them harvests and some of them mixed."""
    rows, harvests = labelled(groups * per_group, seed)
    anchors = np.repeat(np.arange(groups, dtype=np.uint64), per_group)
    shares = np.where(harvests, 0.9, 0.0)
    shares[::17] = 0.4
    links = np.full(len(rows), int(link), dtype=np.uint8)
    return Looks(rows, anchors, links, shares, np.full(len(rows), "any"))


def test_exported_trees_are_those_that_were_fitted(trees: Trees) -> None:
    """On fitted rows and on new ones the flat arrays give scikit-learn's decision function to a millionth."""
    rows, harvests = labelled(1_500, 1)
    weights = np.where(harvests, (~harvests).sum() / harvests.sum(), 1.0)
    model = HistGradientBoostingClassifier(**group_fit._TREES, early_stopping=False, random_state=0)
    model.fit(rows, harvests, sample_weight=weights)
    read = TreeModel(trees)
    for some in (rows, labelled(500, 2)[0]):
        found = [read.read(row).log_odds for row in some]
        assert found == pytest.approx(model.decision_function(some), abs=1e-6)
    assert len(trees.roots) == group_fit._TREES["max_iter"]


def test_a_node_holds_the_mean_below_it(trees: Trees) -> None:
    """Over the fitted rows the contributions of the features sum to 0, since each step is a way from a mean."""
    rows, _ = labelled(1_500, 1)
    read = TreeModel(trees)
    added = sum(read.read(row).added.sum() for row in rows) / len(rows)
    assert added == pytest.approx(0.0, abs=1e-6)


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(100, 3_000), st.sampled_from([2, 9]))
def test_evidence_is_read_off_the_count_of_reference_groups(seed: int, count: int, digits: int) -> None:
    """A score that k of n reference groups reach is worth ln((n + 1) / (k + 1)) nats: at knots exactly, else about.

    Rounded scores are among those tried, so that many are equal.
    """
    highest = np.sort(np.random.default_rng(seed).normal(size=count).round(digits))
    surprise = surprise_of(highest)
    reached = (highest >= highest[:, np.newaxis]).sum(axis=1)
    nats_of = np.log((count + 1) / (reached + 1)).tolist()
    exact = {round(score, 6): nats for score, nats in zip(highest.tolist(), nats_of, strict=True)}
    for score, nats in zip(surprise.scores, surprise.nats, strict=True):
        assert nats == pytest.approx(exact[score], abs=1e-5)
    below_tail = [score for score in exact if score <= surprise.scores[-1]]
    assert len(below_tail) > 0.5 * len(exact)
    assert all(abs(surprise.of(score) - exact[score]) <= _TOLERANCE_NATS for score in below_tail)


@settings(deadline=None, max_examples=60)
@given(arrays.arrays(np.float64, st.integers(1, 400), elements=st.floats(-30, 30)), st.floats(-40, 40), st.floats(0, 9))
def test_evidence_never_falls(scores: Floats, score: float, more: float) -> None:
    """Whatever the reference scores, knots rise, evidence does not fall and the lowest score is worth nothing."""
    surprise = surprise_of(np.sort(scores))
    assert surprise.scores == sorted(surprise.scores)
    assert surprise.nats == sorted(surprise.nats)
    assert surprise.nats[0] == surprise.of(float(scores.min()) - 1.0) == 0.0
    assert surprise.slope >= 0.0
    assert surprise.of(score) <= surprise.of(score + more)


def test_the_tail_is_that_of_the_scores_made_cautious() -> None:
    """Exponential scores of rate 2 have a tail that rises by less than 2 nats a unit, and not by much less."""
    highest = np.sort(np.random.default_rng(3).exponential(0.5, 20_000))
    surprise = surprise_of(highest)
    assert 1.6 < surprise.slope < 2.0
    assert surprise.nats[-1] == pytest.approx(log(1 / group_fit._TAIL_SHARE), abs=0.1)


def test_scores_that_are_all_alike_claim_nothing_beyond_themselves() -> None:
    """With no spread in the tail there is no rate to go on with."""
    surprise = surprise_of(np.full(500, 1.25))
    assert surprise.of(1.25) == surprise.of(50.0) == 0.0


def test_a_fit_judges_the_kinds_of_anchor_it_saw(monkeypatch: pytest.MonkeyPatch) -> None:
    """Kinds without harvests or with few reference groups get no model; the others are loaded and judged."""
    monkeypatch.setitem(group_fit._TREES, "max_iter", 10)
    fitted = [looks_of(1, Link.SHELL), looks_of(2, Link.PAYMENT)]
    reference = [looks_of(3, Link.SHELL), looks_of(4, Link.PAYMENT, groups=20), looks_of(5, Link.ADDRESS)]
    weights = fit(fitted, reference, {"why": "test"})
    assert set(weights.links) == {"shell"}
    assert all(len(model.usual) == len(GROUP_FEATURES) for model in weights.links.values())
    assert GroupModel(weights).judge(Anchor(Link.SHELL, 2).statistics()) is not None


def test_a_reference_group_counts_once_with_its_largest_score(trees: Trees) -> None:
    """Looks of one anchor in one week are one group, the same key in another week is another, harvests are none."""
    looks = looks_of(6, Link.SHELL)
    read = TreeModel(trees)
    expected: dict[int, float] = {}
    for anchor, row, share in zip(looks.anchor.tolist(), looks.features, looks.harvest_share, strict=True):
        if share <= 0.2:
            expected[anchor] = max(expected.get(anchor, -np.inf), read.read(row).log_odds)
    found = group_fit._highest(trees, [looks, looks, looks_of(7, Link.PAYMENT)], Link.SHELL)
    assert found.tolist() == sorted(2 * list(expected.values()))


def test_the_weights_that_ship_load_and_say_where_they_come_from() -> None:
    """The shipped file is one that this build reads, and it judges shells."""
    judgement = load_groups().judge(Anchor(Link.SHELL, 2).statistics())
    assert judgement is not None
    assert judgement.evidence_nats >= 0.0
    assert GROUPS_PATH.is_file()


@pytest.mark.parametrize("content", [None, b"{", b'{"links":{},"provenance":{},"more":1}', b'{"links":{"shell":{}}}'])
def test_missing_and_damaged_weights_are_refused(tmp_path: Path, content: bytes | None) -> None:
    """A file that is absent, cut short or of another layout is refused with its path and the mend."""
    path = tmp_path / "groups.json"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(WeightsError, match=r"groups\.json.*stillwatch groups"):
        load_groups(path)
