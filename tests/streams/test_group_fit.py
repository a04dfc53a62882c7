"""How the group model is fitted: trees out of scikit-learn, evidence out of reference groups."""

from __future__ import annotations

from collections.abc import Iterator
from math import log
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from sklearn.ensemble import HistGradientBoostingClassifier

from models.anchor import Anchor
from models.detection import DetectionSettings
from models.group_evidence import GroupModel
from models.group_statistics import GROUP_FEATURES
from models.pooled import MAX_PIECE_ACCOUNTS, POOLED_GROUPS
from models.surprise import Surprise
from models.trace import Link
from models.trees import TreeModel, Trees
from streams import group_fit, group_reference
from streams.group_fit import fit, fit_trees, without_harvest
from streams.group_looks import Looks
from streams.group_reference import entities, pooled_entities, surprise_of
from streams.weights import GROUPS_PATH, WeightsError, load_groups
from tests.streams.labelled_looks import few_trees, labelled, looks_of

Floats = npt.NDArray[np.float64]

#: Rows of two looks at one group weigh half.
PER_LOOK = np.where(np.arange(1_500) % 3 == 0, 1.0, 0.5)

#: Nats by which evidence between two knots may differ from the count's, and a step between neighbours.
_TOLERANCE_NATS = 0.35


@pytest.fixture(scope="module", autouse=True)
def _few_trees_on_one_thread() -> Iterator[None]:
    """What is tested shows with 50 trees too."""
    with few_trees(50):
        yield


@pytest.fixture(scope="module")
def trees() -> Trees:
    """Return trees fitted to 1,500 rows."""
    return fit_trees(*labelled(1_500, 1), PER_LOOK)


def highest_of(looks: Looks, trees: Trees) -> dict[int, float]:
    """Give the largest score of each innocent anchor, by the plain definition."""
    read = TreeModel(trees)
    expected: dict[int, float] = {}
    for anchor, row, share in zip(looks.anchor.tolist(), looks.features, looks.harvest_share, strict=True):
        if share <= 0.2:
            expected[anchor] = max(expected.get(anchor, -np.inf), read.read(row).log_odds)
    return expected


def test_exported_trees_are_those_that_were_fitted(trees: Trees) -> None:
    """On fitted rows and on new ones the flat arrays give scikit-learn's decision function to a millionth."""
    rows, harvests = labelled(1_500, 1)
    weights = PER_LOOK * np.where(harvests, PER_LOOK[~harvests].sum() / PER_LOOK[harvests].sum(), 1.0)
    assert weights[harvests].sum() == pytest.approx(weights[~harvests].sum())
    model = HistGradientBoostingClassifier(**group_fit._TREES, early_stopping=False, random_state=0)
    model.fit(rows, harvests, sample_weight=weights)
    read = TreeModel(trees)
    for some in (rows[:300], labelled(300, 2)[0]):
        found = [read.read(row).log_odds for row in some]
        assert found == pytest.approx(model.decision_function(some), abs=1e-6)
    assert len(trees.roots) == group_fit._TREES["max_iter"]


def test_a_node_holds_the_mean_below_it(trees: Trees) -> None:
    """Over the fitted rows the contributions of the features sum to 0, since each step is a way from a mean."""
    rows, _ = labelled(1_500, 1)
    read = TreeModel(trees)
    added = sum(read.read(row).added.sum() for row in rows) / len(rows)
    assert added == pytest.approx(0.0, abs=1e-6)


def test_all_looks_at_an_anchor_weigh_as_much_as_one_at_another() -> None:
    """However often an anchor grew, its looks weigh the same together, and so does a week of any size."""
    anchors = np.array([7, 3, 7, 9, 7, 3], dtype=np.uint64)
    weights = group_fit._look_weights(anchors)
    assert weights * 3 / weights.sum() == pytest.approx([1 / 3, 1 / 2, 1 / 3, 1, 1 / 3, 1 / 2])
    assert group_fit._look_weights(anchors[:1]).sum() == pytest.approx(weights.sum())


@pytest.mark.parametrize("heavier", [True, False])
def test_looks_that_weigh_more_decide(monkeypatch: pytest.MonkeyPatch, heavier: bool) -> None:
    """Where harvests and others lie mixed, the fit leans to those of more weight there."""
    monkeypatch.setitem(group_fit._TREES, "max_iter", 10)
    rows = np.zeros((1_000, len(GROUP_FEATURES)))
    rows[:, 0] = np.arange(1_000) >= 500
    harvests = np.arange(1_000) % 2 == 0
    read = TreeModel(fit_trees(rows, harvests, np.where((rows[:, 0] > 0.5) & (harvests != heavier), 0.1, 1.0)))
    assert (read.read(rows[-1]).log_odds > 0.0) == heavier


@settings(deadline=None, max_examples=40)
@given(st.integers(0, 10_000), st.integers(100, 3_000), st.integers(0, 5_000), st.sampled_from([2, 9]))
def test_evidence_is_read_off_the_count_of_reference_groups(seed: int, count: int, more: int, digits: int) -> None:
    """A score that k entities of n groups reach is worth ln((n + 1) / (k + 1)) nats: at knots exactly, else about.

    Rounded scores are among those tried, so that many are equal.
    """
    highest = np.sort(np.random.default_rng(seed).normal(size=count).round(digits))
    # Knots have six digits: of two scores that are one knot the lower counts, which is no error.
    assume(len(np.unique(highest.round(6))) == len(np.unique(highest)))
    surprise = surprise_of(highest, count + more)
    reached = (highest >= highest[:, np.newaxis]).sum(axis=1)
    nats_of = np.log((count + more + 1) / (reached + 1)).tolist()
    exact = {round(score, 6): nats for score, nats in zip(highest.tolist(), nats_of, strict=True)}
    for score, nats in zip(surprise.scores, surprise.nats, strict=True):
        assert nats == pytest.approx(exact[score], abs=1e-5)
    assert surprise.scores[-1] == max(exact)
    for score, nats in exact.items():
        knot = max(at for at in range(len(surprise.scores)) if surprise.scores[at] <= score)
        known, beyond = surprise.nats[knot], surprise.nats[min(knot + 1, len(surprise.nats) - 1)]
        assert known - 1e-5 <= nats <= known + group_reference._KNOT_NATS + 1e-5
        assert known <= surprise.of(score) <= beyond
    # Where few entities are left, one step of the count may be larger.
    often = [score for score, nats in exact.items() if nats <= log((count + more + 1) / 21)]
    assert len(often) > 0.5 * len(exact)
    assert all(abs(surprise.of(score) - exact[score]) <= _TOLERANCE_NATS for score in often)


@settings(deadline=None, max_examples=60)
@given(
    arrays.arrays(np.float64, st.integers(1, 400), elements=st.floats(-30, 30)),
    st.integers(0, 900),
    st.floats(-40, 40),
    st.floats(0, 9),
)
def test_evidence_never_falls(scores: Floats, further: int, score: float, more: float) -> None:
    """Whatever the reference scores, knots rise, evidence does not fall and what is below the lowest is worth none."""
    count, formed = len(scores), len(scores) + further
    surprise = surprise_of(np.sort(scores), formed)
    assert surprise.scores == sorted(surprise.scores)
    assert surprise.nats == sorted(surprise.nats)
    assert surprise.of(float(scores.min()) - 1.0) == 0.0
    reached = (scores >= scores.min()).sum()
    assert surprise.nats[0] == pytest.approx(log((formed + 1) / (reached + 1)), abs=1e-6)
    assert (surprise.nats[0] == 0.0) == (formed == count)
    assert surprise.slope >= 0.0
    assert surprise.of(score) <= surprise.of(score + more)


def test_the_tail_is_that_of_the_scores_made_cautious() -> None:
    """Up to the highest score it is counted; beyond, scores of rate 2 give a little less than 2 nats a unit."""
    highest = np.sort(np.random.default_rng(3).exponential(0.5, 20_000))
    surprise = surprise_of(highest, 20_000)
    assert 1.6 < surprise.slope < 2.0
    assert surprise.scores[-1] == pytest.approx(highest[-1], abs=1e-6)
    assert surprise.nats[-1] == pytest.approx(log(20_001 / 2), abs=1e-6)
    assert surprise.of(highest[-1] + 1.0) == pytest.approx(surprise.nats[-1] + surprise.slope, abs=1e-5)


def test_scores_that_are_all_alike_claim_nothing_beyond_themselves() -> None:
    """With no spread in the tail there is no rate to go on with."""
    surprise = surprise_of(np.full(500, 1.25), 500)
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
    """Looks of one anchor are one group, harvests are none, and other kinds of anchor are not asked."""
    looks = looks_of(6, Link.SHELL)
    expected = highest_of(looks, trees)
    assert entities(TreeModel(trees), looks, Link.SHELL) == sorted(expected.values(), reverse=True)
    assert entities(TreeModel(trees), looks_of(7, Link.PAYMENT), Link.SHELL) == []


def test_anchors_of_one_entity_count_once(trees: Trees) -> None:
    """Pairs of anchors with half of the smaller one's accounts in common count by the higher score."""
    looks = looks_of(6, Link.SHELL)
    expected = highest_of(looks, trees)
    paired = {
        anchor: frozenset({f"{anchor // 2}-a", f"{anchor // 2}-b", f"{anchor}-c", f"{anchor}-d"}) for anchor in expected
    }
    found = entities(TreeModel(trees), msgspec.structs.replace(looks, members=paired), Link.SHELL)
    higher: dict[int, float] = {}
    for anchor, score in expected.items():
        higher[anchor // 2] = max(score, higher.get(anchor // 2, -np.inf))
    assert len(higher) < len(expected)
    assert found == sorted(higher.values(), reverse=True)


def test_less_than_half_of_the_accounts_in_common_is_another_entity(trees: Trees) -> None:
    """One account in four is a customer of both; where all are the same there is one entity."""
    looks = looks_of(6, Link.SHELL)
    expected = highest_of(looks, trees)
    apart = {anchor: frozenset({"everywhere", *(f"{anchor}-{letter}" for letter in "abc")}) for anchor in expected}
    found = entities(TreeModel(trees), msgspec.structs.replace(looks, members=apart), Link.SHELL)
    assert found == sorted(expected.values(), reverse=True)
    alike = msgspec.structs.replace(looks, members=dict.fromkeys(expected, frozenset({"one", "two"})))
    assert entities(TreeModel(trees), alike, Link.SHELL) == [max(expected.values())]


def test_what_an_entity_comes_to_is_the_mean_of_its_five_strongest_groups(trees: Trees) -> None:
    """Four anchors of the same accounts count together, each missing fifth as nothing, and none below the bar."""
    looks = looks_of(6, Link.SHELL)
    highest = highest_of(looks, trees)
    surprise = Surprise(scores=[min(highest.values()), max(highest.values())], nats=[0.0, 9.0], slope=1.0)
    shared = {anchor: frozenset(f"{anchor // 4}-{number}" for number in range(4)) for anchor in highest}
    found = pooled_entities(TreeModel(trees), surprise, msgspec.structs.replace(looks, members=shared), Link.SHELL)
    expected: dict[int, float] = {}
    for anchor, score in highest.items():
        nats = surprise.of(score)
        if nats >= DetectionSettings().candidate_bar_nats:
            expected[anchor // 4] = expected.get(anchor // 4, 0.0) + nats / POOLED_GROUPS
    assert len(expected) > 10
    assert found == pytest.approx(sorted(expected.values(), reverse=True))


def test_small_groups_of_one_devoted_account_come_to_more_together(trees: Trees) -> None:
    """Pairs of anchors that one account is devoted to count together; where a crowd is at one of them they do not."""
    looks = looks_of(6, Link.SHELL)
    highest = highest_of(looks, trees)
    surprise = Surprise(scores=[min(highest.values()), max(highest.values())], nats=[0.0, 9.0], slope=1.0)
    devoted = {anchor: frozenset({f"both-{anchor // 2}"}) for anchor in highest}
    members = {anchor: looks.members[anchor] | devoted[anchor] for anchor in highest}
    small = msgspec.structs.replace(looks, members=members, devoted=devoted)
    crowd = frozenset(f"crowd-{number}" for number in range(MAX_PIECE_ACCOUNTS))
    crowds = {anchor: members[anchor] | {f"{anchor}-{name}" for name in crowd} for anchor in members}
    nats = {anchor: surprise.of(score) for anchor, score in highest.items()}
    heard = {anchor: value for anchor, value in nats.items() if value >= DetectionSettings().candidate_bar_nats}
    paired = [sum(heard.get(other, 0.0) for other in {anchor, anchor ^ 1}) / POOLED_GROUPS for anchor in heard]
    alone = [value / POOLED_GROUPS for value in heard.values()]
    large = msgspec.structs.replace(small, members=crowds)
    for seen, expected in ((small, paired), (large, alone)):
        found = pooled_entities(TreeModel(trees), surprise, seen, Link.SHELL)
        assert found == pytest.approx(sorted(expected, reverse=True))


def test_groups_that_campaigns_and_strangers_share_teach_nothing() -> None:
    """Whatever groups look like of which a fifth to nine tenths harvest, the trees are the same."""
    looks = looks_of(8, Link.SHELL)
    mixed = (looks.harvest_share > 0.2) & (looks.harvest_share <= 0.9)
    other = msgspec.structs.replace(looks, features=np.where(mixed[:, None], 7.0, looks.features))
    assert 0 < mixed.sum() < len(mixed)
    assert group_fit.fit_link([other], Link.SHELL) == group_fit.fit_link([looks], Link.SHELL) is not None


def test_of_a_week_for_its_innocents_no_harvesting_group_is_left() -> None:
    """Looks at groups that mostly harvest go, every other stays in its order with all that is known of it."""
    looks = looks_of(7, Link.SHELL)
    kept = without_harvest(looks)
    rows = [row for row, share in enumerate(looks.harvest_share) if share <= 0.9]
    assert 0 < len(rows) < len(looks.anchor)
    for name in ("features", "anchor", "link", "harvest_share", "kind"):
        np.testing.assert_array_equal(getattr(kept, name), getattr(looks, name)[rows], err_msg=name)
    assert (kept.members, kept.harvests) == (looks.members, looks.harvests)


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
