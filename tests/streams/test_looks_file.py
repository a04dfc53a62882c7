"""Thinned looks: what is kept of an anchor's life, and that a file gives back what went in."""

from __future__ import annotations

from pathlib import Path

import msgspec
import numpy as np
import pytest

from models.group_statistics import GROUP_FEATURES
from models.trace import Link
from models.trees import TreeModel, Trees
from streams.group_looks import Looks
from streams.looks_file import LooksError, read_looks, thin, write_looks
from streams.weights import LOOKS_PATH, load_group_weights
from tests.streams.labelled_looks import looks_of

#: One tree that sends rows with a positive first feature to the higher leaf.
STUMP = Trees(list(GROUP_FEATURES), 0.0, [0], [0, 0, 0], [0.0, 0.0, 0.0], [1, -1, -1], [2, -1, -1], [0.0, -1.0, 1.0])


def week(seed: int, *, harvests: bool) -> Looks:
    """Make looks of a week, with devoted accounts."""
    looks = looks_of(seed, Link.SHELL, groups=40, per_group=9)
    devoted = {anchor: frozenset(sorted(members)[:2]) for anchor, members in looks.members.items()}
    return msgspec.structs.replace(looks, harvests=harvests, devoted=devoted)


def test_of_each_anchor_its_first_its_last_and_its_highest_look_are_kept() -> None:
    """No anchor is lost, none keeps more than five looks, and its best by the model is always among them."""
    model, looks = TreeModel(STUMP), week(1, harvests=True)
    kept = thin(looks, model, Link.SHELL)
    assert set(kept.anchor.tolist()) == set(looks.anchor.tolist()) == set(kept.members)
    for anchor in set(looks.anchor.tolist()):
        life, left = looks.features[looks.anchor == anchor], kept.features[kept.anchor == anchor]
        assert 4 <= len(left) <= 5
        assert (left[0] == life[0]).all()
        assert (left[-1] == life[-1]).all()
        assert max(model.read(row).log_odds for row in left) == max(model.read(row).log_odds for row in life)


def test_looks_at_other_kinds_of_anchor_are_left_out() -> None:
    """Only the kind of anchor that is judged is kept; a week without it gives none."""
    kept = thin(looks_of(2, Link.ADDRESS), TreeModel(STUMP), Link.SHELL)
    assert len(kept.anchor) == len(kept.features) == len(kept.members) == 0


def test_a_file_gives_back_what_a_fit_reads(tmp_path: Path) -> None:
    """Features to half precision, the three classes of shares, and the accounts of weeks that are referred to."""
    weeks, path = {"fitted": week(3, harvests=True), "quiet": week(4, harvests=False)}, tmp_path / "looks"
    write_looks(path, weeks, Link.SHELL)
    found = read_looks(path)
    fitted, reference = found.values()
    assert list(found) == list(weeks)
    for read, written in zip(found.values(), weeks.values(), strict=True):
        np.testing.assert_allclose(read.features, written.features, rtol=1e-3, atol=1e-3)
        for bound in (0.2, 0.9):
            assert ((read.harvest_share > bound) == (written.harvest_share > bound)).all()
        assert (read.link == Link.SHELL).all()
        assert read.harvests == written.harvests
        assert len(np.unique(read.anchor)) == len(np.unique(written.anchor))
    assert fitted.members == {}
    assert [len(members) for members in reference.members.values()] == [4] * 40
    assert all(len(group) == 2 and group <= reference.members[anchor] for anchor, group in reference.devoted.items())


def test_the_same_weeks_give_the_same_bytes(tmp_path: Path) -> None:
    """Nothing of the moment is in the file."""
    for name in ("first", "second"):
        write_looks(tmp_path / name, {"quiet": week(5, harvests=False)}, Link.SHELL)
    assert (tmp_path / "first").read_bytes() == (tmp_path / "second").read_bytes()


def test_a_feature_beyond_half_precision_is_refused(tmp_path: Path) -> None:
    """It would come back as infinity, which no tree reads."""
    looks = week(6, harvests=True)
    looks.features[0, 0] = 1e6
    with pytest.raises(ValueError, match="half precision"):
        write_looks(tmp_path / "looks", {"fitted": looks}, Link.SHELL)


@pytest.mark.parametrize("content", [None, b"", b"no looks", b"\x28\xb5\x2f\xfd\x04\x00"])
def test_missing_and_damaged_files_are_refused(tmp_path: Path, content: bytes | None) -> None:
    """A file that is absent or holds no looks is refused with its path and the mend."""
    path = tmp_path / "looks"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(LooksError, match=r"looks.*stillwatch groups"):
        read_looks(path)


def test_looks_of_other_features_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trees would read one number for another."""
    monkeypatch.setattr("streams.looks_file.GROUP_FEATURES", (*GROUP_FEATURES[:-1], "another"))
    write_looks(tmp_path / "looks", {"fitted": week(7, harvests=True)}, Link.SHELL)
    monkeypatch.undo()
    with pytest.raises(LooksError, match="other features"):
        read_looks(tmp_path / "looks")


def test_the_looks_that_ship_are_of_the_weights_that_ship() -> None:
    """They hold weeks that are fitted and weeks that are referred to, as many as the weights name."""
    weeks = read_looks(LOOKS_PATH)
    provenance = load_group_weights().provenance
    named = [name for key in ("labelled", "innocents") for name in provenance[key].split(",")]
    assert set(named) < set(weeks)
    assert len(weeks) == provenance["weeks"].count("(") + len(named)
    assert all(week.harvests == ("quiet" not in name) for name, week in weeks.items())
    assert all(np.isfinite(week.features).all() and len(week.anchor) for week in weeks.values())
