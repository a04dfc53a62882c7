"""What a simulated day shows of its groups."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from models.detection import DetectionSettings
from models.featurise import Featuriser
from models.group_evidence import is_public
from models.group_statistics import GROUP_FEATURES
from models.record import DeadLetter
from models.trace import Link
from streams import corpora, group_looks
from streams.group_looks import Looks, batched, watch, watch_events, watch_files
from streams.references import load_featuriser
from streams.settings import load_settings
from streams.simulation import simulate
from streams.simulation.output import write
from streams.simulation.presets import preset
from streams.simulation.scenario import Scenario

SEED = 5
#: Groups of two show innocent ones too where accounts are few.
SETTINGS = DetectionSettings(group_min_accounts=2)


@pytest.fixture(scope="module")
def featuriser() -> Featuriser:
    """Return what the service reads text with; weights of groups are not needed, since these looks are for them."""
    return load_featuriser(load_settings())


@pytest.fixture(scope="module")
def prompts() -> dict[str, list[corpora.Prompt]]:
    """Return the bundled prompts."""
    return corpora.load_all()


def tiny(campaigns: int) -> Scenario:
    """Make the first day of the parity scenario with some of its campaigns and no loud account."""
    scenario = preset("parity")
    attacks = tuple(attack for attack in scenario.attacks if attack.kind == "campaign")[:campaigns]
    return msgspec.structs.replace(scenario, days=1, attacks=attacks)


@pytest.fixture(scope="module")
def looks(featuriser: Featuriser, prompts: dict[str, list[corpora.Prompt]]) -> Looks:
    """Return the looks at a day with one campaign."""
    return watch(tiny(1), SEED, prompts, featuriser, SETTINGS)


def test_columns_belong_together(looks: Looks) -> None:
    """Each look has a full row of finite features, its anchor, kind of anchor, share and kind of account."""
    count = len(looks.anchor)
    assert looks.features.shape == (count, len(GROUP_FEATURES))
    assert np.isfinite(looks.features).all()
    assert len(looks.link) == len(looks.harvest_share) == len(looks.kind) == count > 0
    assert set(looks.link.tolist()) <= {int(link) for link in Link}
    accounts = np.exp(looks.features[:, GROUP_FEATURES.index("accounts")]).round()
    assert accounts.min() >= SETTINGS.group_min_accounts


def test_each_anchor_has_its_qualifying_accounts(looks: Looks) -> None:
    """Every anchor that was looked at has some, and accounts of a harvest's anchor are of the campaign's."""
    assert set(looks.anchor.tolist()) <= set(looks.members)
    assert all(len(looks.members[anchor]) >= SETTINGS.group_min_accounts for anchor in set(looks.anchor.tolist()))
    assert all(looks.devoted[anchor] <= members for anchor, members in looks.members.items())
    assert any(looks.devoted.values())
    harvests = [looks.members[anchor] for anchor in set(looks.anchor[looks.harvest_share == 1.0].tolist())]
    largest = max(harvests, key=len)
    assert any(len(members & largest) >= 0.5 * len(members) for members in harvests if members is not largest)


def test_public_content_is_not_looked_at(
    featuriser: Featuriser, prompts: dict[str, list[corpora.Prompt]], looks: Looks, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the service would not judge is neither fitted nor referred to; its anchor's accounts are known anyway."""
    assert not any(is_public(row) for row in looks.features)
    monkeypatch.setattr(group_looks, "is_public", lambda _: False)
    every = watch(tiny(1), SEED, prompts, featuriser, SETTINGS)
    public = np.array([is_public(row) for row in every.features])
    assert public.any()
    assert np.array_equal(every.features[~public], looks.features)
    assert every.members == looks.members


def test_shares_follow_the_labels(looks: Looks) -> None:
    """Innocent, mixed and harvesting groups are seen, and the attack's kind is the commonest where it is the most."""
    shares, campaign = looks.harvest_share, looks.kind == "campaign"
    assert 0.0 == shares.min() < shares.max() == 1.0
    assert ((shares > 0.0) & (shares < 1.0)).any()
    assert campaign[shares > 0.5].all()
    assert not campaign[shares < 0.5].any()


def test_without_a_campaign_no_group_harvests(
    featuriser: Featuriser, prompts: dict[str, list[corpora.Prompt]], looks: Looks
) -> None:
    """The same day without its campaign has groups too, all of them innocent, and the campaign's are gone."""
    quiet = watch(tiny(0), SEED, prompts, featuriser, SETTINGS)
    assert 0 < len(quiet.anchor) < len(looks.anchor)
    assert not quiet.harvest_share.any()
    assert (quiet.harvests, looks.harvests) == (False, True)
    assert not set(quiet.anchor.tolist()) & set(looks.anchor[looks.harvest_share == 1.0].tolist())


def test_labelled_files_are_looked_at_as_the_simulation_they_hold(
    featuriser: Featuriser, prompts: dict[str, list[corpora.Prompt]], looks: Looks, tmp_path: Path
) -> None:
    """The events of a simulation and their labels, read back from a folder, give the same looks."""
    write(simulate(tiny(1), SEED, prompts), tmp_path)
    read = watch_files(tmp_path, featuriser, SETTINGS)
    assert np.array_equal(read.features, looks.features)
    assert np.array_equal(read.harvest_share, looks.harvest_share)
    assert (read.members, read.harvests) == (looks.members, True)


def test_as_much_is_held_as_all_partitions_of_the_service_hold(
    featuriser: Featuriser, prompts: dict[str, list[corpora.Prompt]]
) -> None:
    """Four partitions of a hundred groups are one of four hundred; fewer would forget groups that the service sees."""
    four, one, few = (
        msgspec.structs.replace(SETTINGS, partitions=partitions, max_groups=groups)
        for partitions, groups in ((4, 100), (1, 400), (1, 100))
    )
    seen = [watch(tiny(0), SEED, prompts, featuriser, settings) for settings in (four, one, few)]
    assert seen[0].members == seen[1].members
    assert len(seen[2].members) < len(seen[0].members)


def test_a_line_that_is_no_event_is_told_and_left_out(featuriser: Featuriser) -> None:
    """Looks at a stream with bad lines are those at the good ones, and each bad line is heard of once."""
    refused: list[DeadLetter] = []
    lines = [b"no event", b"{}", b""]
    found = watch_events(iter(lines), {}, featuriser, SETTINGS, refused.append)
    assert (len(found.anchor), len(refused), found.duration_ms) == (0, 3, 0)


def test_a_stream_is_cut_into_lists() -> None:
    """All items in order, the last list perhaps shorter."""
    assert list(batched(range(7), 3)) == [[0, 1, 2], [3, 4, 5], [6]]
