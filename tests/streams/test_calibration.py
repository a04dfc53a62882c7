"""The group model fitted to own traffic: what is learned, what is referred to, what the operator is told."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.budget import WEEK_MS
from models.group_evidence import LinkModel
from models.pooled import largely_same
from models.surprise import Surprise
from models.trace import Link
from models.trees import TreeModel
from streams import calibration
from streams.calibration import calibrate, divide, suspects
from streams.group_looks import Looks
from streams.group_reference import innocent
from tests.streams.labelled_looks import few_trees, looks_of
from tests.streams.test_looks_file import STUMP

#: Fitted and referred weeks as they ship.
SHIPPED = [looks_of(1, Link.SHELL), msgspec.structs.replace(looks_of(2, Link.SHELL), harvests=False)]


@pytest.fixture(scope="module", autouse=True)
def _few_trees_on_one_thread() -> Iterator[None]:
    """What is tested shows with 50 trees too."""
    with few_trees(50):
        yield


def own(seed: int, *, look_alike: bool = False, weeks: float = 1.0) -> Looks:
    """Make looks at own innocent groups; ``look_alike`` gives every tenth the features that make a harvest."""
    looks = looks_of(seed, Link.SHELL)
    features = looks.features.copy()
    features[:, 0] = np.minimum(features[:, 0], 0.5)
    if look_alike:
        features[looks.anchor % 10 == 0, :8] = 2.5
    shares = np.zeros(len(features))
    duration_ms = round(weeks * WEEK_MS)
    return msgspec.structs.replace(
        looks, features=features, harvest_share=shares, harvests=False, duration_ms=duration_ms
    )


def test_what_own_traffic_teaches_counts_for_less() -> None:
    """A phrase of the deployment's own that looks like a harvest scores lower once it was learned."""
    learned = own(3, look_alike=True)
    plain = TreeModel(calibrate(own(3), [own(4)], SHIPPED).weights.links["shell"].trees)
    taught = TreeModel(calibrate(learned, [own(4)], SHIPPED).weights.links["shell"].trees)
    alike = own(5, look_alike=True)
    rows = alike.features[alike.anchor % 10 == 0]
    assert np.mean([taught.read(row).log_odds for row in rows]) < np.mean([plain.read(row).log_odds for row in rows])


def test_few_own_groups_are_filled_up_with_the_shipped_reference(monkeypatch: pytest.MonkeyPatch) -> None:
    """Below enough groups both make the evidence, from enough on the own ones alone."""
    few = calibrate(own(3), [own(4)], SHIPPED)
    monkeypatch.setattr(calibration, "ENOUGH_GROUPS", 300)
    enough = calibrate(own(3), [own(4)], SHIPPED)
    assert (few.referred_groups, few.own_reference_alone) == (300, False)
    assert (enough.referred_groups, enough.own_reference_alone) == (300, True)
    shipped = len(set(SHIPPED[1].anchor[innocent(SHIPPED[1], Link.SHELL)].tolist()))
    most = [found.weights.links["shell"].surprise.nats[-1] for found in (few, enough)]
    assert most == pytest.approx([np.log((301 + shipped) / 2), np.log(301 / 2)])


def test_groups_are_planned_for_the_fullest_week() -> None:
    """Three hundred groups in half a week are six hundred a week, and a quarter more is planned for."""
    assert calibrate(own(3, weeks=0.5), [own(4), own(5, weeks=2.0)], SHIPPED).planned_groups == 750


def test_traffic_without_groups_is_refused() -> None:
    """Evidence that is read off nothing would be no evidence."""
    nothing = msgspec.structs.replace(own(4), anchor=np.zeros(0, np.uint64), link=np.zeros(0, np.uint8))
    nothing = msgspec.structs.replace(nothing, harvest_share=np.zeros(0), features=own(4).features[:0])
    with pytest.raises(ValueError, match="longer stretch"):
        calibrate(own(3), [nothing], SHIPPED)


@given(st.lists(st.frozensets(st.sampled_from("abcdefghij"), min_size=1, max_size=5), min_size=1, max_size=12))
def test_groups_of_largely_the_same_accounts_go_to_one_side(groups: list[frozenset[str]]) -> None:
    """Every look goes to one side alone, and no group is learned from whose accounts' larger group is referred to."""
    count = len(groups)
    looks = looks_of(6, Link.SHELL, groups=count, per_group=2)
    looks = msgspec.structs.replace(looks, members=dict(enumerate(groups)))
    sides = divide(looks)
    assert sorted(anchor for side in sides for anchor in side.anchor.tolist()) == sorted(looks.anchor.tolist())
    assert not set(sides[0].anchor.tolist()) & set(sides[1].anchor.tolist())
    largest = max(range(count), key=lambda anchor: (len(groups[anchor]), -anchor))
    home = next(set(side.anchor.tolist()) for side in sides if largest in side.anchor)
    for anchor, members in enumerate(groups):
        if largely_same(len(members & groups[largest]), len(members), len(groups[largest]), min_accounts=1):
            assert anchor in home


def test_suspects_are_told_with_their_accounts_the_worst_first() -> None:
    """Innocent groups from that evidence on, by their highest look; known campaigns are none of them."""
    looks = looks_of(7, Link.SHELL)
    shipped = LinkModel(trees=STUMP, surprise=Surprise([-1.0, 1.0], [0.0, 5.0], 1.0), usual=[0.0])
    found = suspects([looks, own(8)], shipped, 3.0)
    clear = looks.harvest_share <= 0.2
    positive = set(looks.anchor[clear & (looks.features[:, 0] > 0.0)].tolist())
    others = set(own(8).anchor[own(8).features[:, 0] > 0.0].tolist())
    told = sorted(tuple(suspect.accounts) for suspect in found)
    assert told == sorted(tuple(sorted(looks.members[at])) for week in (positive, others) for at in week)
    assert {suspect.evidence_nats for suspect in found} == {5.0}
    assert suspects([looks], shipped, 5.1) == []
