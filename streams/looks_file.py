"""Looks that ship beside the weights: enough of the fitted weeks to fit again with a deployment's own traffic."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import zstandard

from models.group_statistics import GROUP_FEATURES
from models.trace import Link
from models.trees import TreeModel
from streams.group_looks import Looks
from streams.group_reference import HARVEST_SHARE, INNOCENT_SHARE

#: Looks kept of an anchor's life, evenly spread over it, beside the one that scores highest.
_KEPT_LOOKS = 4

#: Shares of harvesting members that stand for innocent, mixed and harvesting groups; a fit tells no others apart.
_SHARES = np.array([0.0, 0.5, 1.0])

_HALF_PRECISION_MAX = 65_504.0
_COMPRESSION = 19
_REWRITE = "write them with `stillwatch groups`"


class LooksError(RuntimeError):
    """A file of looks is missing or damaged; the message names the file and the mend."""


class _Week(msgspec.Struct, array_like=True, forbid_unknown_fields=True):
    """One week: columns of its looks as bytes, and by anchor the numbers of its accounts and of the devoted ones.

    Features in half precision, column by column; anchors as indices (32 bits); shares as indices of ``_SHARES``.
    """

    name: str
    harvests: bool
    features: bytes
    anchors: bytes
    shares: bytes
    members: list[list[int]]
    devoted: list[list[int]]


class _File(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    schema_version: Literal[1] = 1
    link: Link
    features: list[str]
    weeks: list[_Week]


def thin(looks: Looks, model: TreeModel, link: Link) -> Looks:
    """Keep the looks at one kind of anchor, and of each anchor no more than ``_KEPT_LOOKS`` and one."""
    chosen = np.flatnonzero(looks.link == link)
    order = chosen[np.argsort(looks.anchor[chosen], kind="stable")]
    kept = [np.zeros(0, dtype=np.int64)]
    for life in np.split(order, np.flatnonzero(np.diff(looks.anchor[order])) + 1) if len(order) else ():
        spread = life[np.linspace(0, len(life) - 1, min(_KEPT_LOOKS, len(life))).round().astype(np.int64)]
        scores = [model.read(row).log_odds for row in looks.features[life]]
        kept.append(np.union1d(spread, life[np.argmax(scores)]))
    places = np.sort(np.concatenate(kept))
    anchors = sorted(set(looks.anchor[places].tolist()))
    members, devoted = ({anchor: held[anchor] for anchor in anchors} for held in (looks.members, looks.devoted))
    return msgspec.structs.replace(looks.only(places), members=members, devoted=devoted)


def write_looks(path: Path, weeks: dict[str, Looks], link: Link) -> None:
    """Write weeks of thinned looks at one kind of anchor, by name; the same weeks, the same bytes.

    A group's accounts are kept, by number, only of weeks that are referred to. Raises ``ValueError`` for a feature
    beyond half precision.
    """
    written = _File(link=link, features=list(GROUP_FEATURES), weeks=[_packed(*item) for item in weeks.items()])
    path.write_bytes(zstandard.ZstdCompressor(_COMPRESSION).compress(msgspec.msgpack.encode(written)))


def _packed(name: str, week: Looks) -> _Week:
    anchors, indices = np.unique(week.anchor, return_inverse=True)
    largest = float(np.abs(week.features).max(initial=0.0))
    if not largest <= _HALF_PRECISION_MAX:
        raise ValueError(f"features: {largest} is beyond half precision; scale it in `describe`")
    shares = (week.harvest_share > INNOCENT_SHARE).astype(np.uint8) + (week.harvest_share > HARVEST_SHARE)
    named = [] if week.harvests else anchors.tolist()
    accounts = sorted(set().union(*(week.members[at] for at in named)))
    numbers = {account_id: number for number, account_id in enumerate(accounts)}
    return _Week(
        name,
        week.harvests,
        week.features.T.astype(np.float16).tobytes(),
        indices.astype(np.uint32).tobytes(),
        shares.astype(np.uint8).tobytes(),
        [sorted(map(numbers.__getitem__, week.members[anchor])) for anchor in named],
        [sorted(map(numbers.__getitem__, week.devoted[anchor])) for anchor in named],
    )


def read_looks(path: Path) -> dict[str, Looks]:
    """Read what ``write_looks`` wrote, weeks by name, in half a second; raises ``LooksError`` for any other file."""
    try:
        packed = zstandard.ZstdDecompressor().decompress(path.read_bytes())
        found = msgspec.msgpack.decode(packed, type=_File)
        weeks = {week.name: _unpacked(week, found.link, len(found.features)) for week in found.weeks}
    except (OSError, ValueError, IndexError, zstandard.ZstdError) as error:
        raise LooksError(f"looks {path}: {error}; {_REWRITE}") from error
    if tuple(found.features) != GROUP_FEATURES:
        raise LooksError(f"looks {path}: of other features than this build has; {_REWRITE}")
    return weeks


def _unpacked(week: _Week, link: Link, features: int) -> Looks:
    anchors = np.frombuffer(week.anchors, dtype=np.uint32).astype(np.uint64)
    columns = np.frombuffer(week.features, dtype=np.float16).reshape(features, -1)
    return Looks(
        np.ascontiguousarray(columns.T, dtype=np.float64),
        anchors,
        np.full(len(anchors), link, dtype=np.uint8),
        _SHARES[np.frombuffer(week.shares, dtype=np.uint8)],
        np.full(len(anchors), ""),
        _by_anchor(week.members),
        _by_anchor(week.devoted),
        week.harvests,
    )


def _by_anchor(groups: list[list[int]]) -> dict[int, frozenset[str]]:
    return {anchor: frozenset(map(str, group)) for anchor, group in enumerate(groups)}
