"""What a labelled week shows of its groups, look by look, and what they really were: the group fit learns from it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import TypeVar

import msgspec
import numpy as np
import numpy.typing as npt
import orjson

from models.accounts import AccountSlab
from models.anchor import Anchor
from models.detection import DetectionSettings
from models.featurise import Featuriser
from models.group import GroupTable
from models.group_evidence import LABELS, GroupModel, GroupWeights, Judgement, is_public
from models.group_statistics import GROUP_FEATURES, describe
from models.member_gate import is_devoted
from models.merge import NO_WATERMARK_MS
from models.read import Reader
from models.record import DeadLetter
from models.trace import effective_ms
from streams.corpora import Prompt
from streams.evaluation.truth import read_account_labels
from streams.events_file import event_runs, open_lines
from streams.simulation.scenario import Scenario
from streams.simulation.simulation import simulate

#: What a folder of labelled traffic holds: the labels, and events in one of these forms.
LABELS_NAME = "labels.csv"
EVENTS_NAMES = ("events.jsonl.zst", "events.jsonl.gz", "events.jsonl")

_EVENTS_AT_A_TIME = 2_000
_Item = TypeVar("_Item")

_NO_WEIGHTS = GroupWeights(links={}, provenance={})


class Looks(msgspec.Struct, frozen=True):
    """Rows of looks: features (looks, features), the anchor, its link, share of harvesting members, commonest kind.

    ``members`` holds the qualifying accounts of each anchor at the end, ``devoted`` those of them that are devoted to
    it; ``harvests`` says whether any account of the week harvests: if none does, the week is a reference.
    ``duration_ms`` is the time between the first event and the last, 0 where nobody asked.
    """

    features: npt.NDArray[np.float64]
    anchor: npt.NDArray[np.uint64]
    link: npt.NDArray[np.uint8]
    harvest_share: npt.NDArray[np.float64]
    kind: npt.NDArray[np.str_]
    members: dict[int, frozenset[str]]
    devoted: dict[int, frozenset[str]]
    harvests: bool = True
    duration_ms: int = 0

    def only(self, rows: npt.NDArray[np.bool_] | npt.NDArray[np.int64]) -> Looks:
        """Give some of the looks, by a mask or by their indices; what is known of anchors stays."""
        columns = ("features", "anchor", "link", "harvest_share", "kind")
        return msgspec.structs.replace(self, **{name: getattr(self, name)[rows] for name in columns})


class _Watched(GroupTable):
    """A group table that keeps every look and judges nothing."""

    def __init__(self, settings: DetectionSettings, kinds: Mapping[str, tuple[str, bool]]) -> None:
        super().__init__(settings, GroupModel(_NO_WEIGHTS))
        self.rows: list[tuple[list[float], int, float, str]] = []
        self._kinds = kinds
        self.harvests = any(harvests for _, harvests in kinds.values())
        self.groups: dict[int, Anchor] = {}

    def judge(self, anchor: int, group: Anchor) -> Judgement | None:
        """Keep the look, unless the content is public: then the service would not judge it either."""
        self.groups[anchor] = group
        members = [self._kinds[account_id] for account_id in group.members]
        commonest = Counter(kind for kind, _ in members).most_common(1)[0][0]
        share = sum(harvests for _, harvests in members) / len(members)
        row = describe(group.statistics())
        if not is_public(np.array(row)):
            self.rows.append((row, anchor, share, commonest))
        return None


def watch(
    scenario: Scenario, seed: int, prompts: dict[str, list[Prompt]], featuriser: Featuriser, settings: DetectionSettings
) -> Looks:
    """Simulate a scenario and look at its groups."""
    simulation = simulate(scenario, seed, prompts)
    kinds = {account.account_id: (account.kind, bool(account.campaign)) for account in simulation.accounts()}
    return watch_events(map(orjson.dumps, simulation.events()), kinds, featuriser, settings)


def watch_files(folder: Path, featuriser: Featuriser, settings: DetectionSettings) -> Looks:
    """Look at the groups of labelled traffic: one of ``EVENTS_NAMES`` and ``labels.csv`` in one folder.

    Raises ``OSError`` for files that cannot be read, ``ValueError`` for labels that are none, and what msgspec raises
    for a line that is no event.
    """
    labels = read_account_labels(folder / LABELS_NAME)
    kinds = {account.account_id: (account.kind, account.harvests) for account in labels}
    found = [folder / name for name in EVENTS_NAMES if (folder / name).is_file()]
    if not found:
        raise FileNotFoundError(f"{folder}: none of {', '.join(EVENTS_NAMES)}; write the events beside the labels")
    return watch_events(open_lines(found[0], lambda _: None), kinds, featuriser, settings)


def watch_events(
    lines: Iterator[bytes],
    kinds: Mapping[str, tuple[str, bool]],
    featuriser: Featuriser,
    settings: DetectionSettings,
    refused: Callable[[DeadLetter], None] = lambda _: None,
) -> Looks:
    """Look at the groups of events (JSON) as the service would; 50 microseconds an event.

    ``kinds`` gives each account's kind and whether it harvests; ``refused`` hears of lines that are no event. All is on
    one partition that holds as much as those of the service together.
    """
    whole = settings.partitions
    settings = msgspec.structs.replace(
        settings, partitions=1, max_accounts=whole * settings.max_accounts, max_groups=whole * settings.max_groups
    )
    table = _Watched(settings, kinds)
    slab = AccountSlab(settings)
    reader = Reader(settings, featuriser)
    watermark_ms = NO_WATERMARK_MS
    offset = 0
    begin_ms, end_ms = NO_WATERMARK_MS, NO_WATERMARK_MS
    for batch in batched(lines, _EVENTS_AT_A_TIME):
        runs = [reader.read(records) for records, _ in event_runs(iter(batch), 1, lambda _: 0, 1)]
        for letter in (letter for run in runs for letter in run.dead_letters):
            refused(letter)
        features = np.concatenate([run.features for run in runs])
        account_ids = [account_id for run in runs for account_id in run.account_ids]
        if not account_ids:
            continue
        own = features["event_time_ms"].astype(np.int64)
        watermarks = np.maximum(np.maximum.accumulate(own - settings.lateness_ms), watermark_ms)
        watermark_ms = int(watermarks[-1])
        offsets = np.arange(offset, offset + len(own))
        offset += len(own)
        begin_ms = int(own.min()) if begin_ms == NO_WATERMARK_MS else min(begin_ms, int(own.min()))
        end_ms = max(end_ms, int(own.max()))
        update = slab.update(account_ids, features, np.maximum(own, watermarks), offsets)
        _pool(table, [account_ids[index] for index in update.trace_events], update.traces, settings.bucket_ms)
    return msgspec.structs.replace(_columns(table), duration_ms=end_ms - begin_ms)


def _pool(table: _Watched, account_ids: list[str], traces: npt.NDArray[np.void], bucket_ms: int) -> None:
    times_ms = effective_ms(traces)
    order = np.argsort(times_ms, kind="stable")
    buckets = times_ms[order] // bucket_ms
    for run in np.split(order, np.flatnonzero(np.diff(buckets)) + 1):
        if len(run):
            table.apply([account_ids[index] for index in run], traces[run])
            table.candidates((int(times_ms[run[-1]]) // bucket_ms + 1) * bucket_ms)


def _columns(table: _Watched) -> Looks:
    features = np.array([row for row, *_ in table.rows], dtype=np.float64).reshape(-1, len(GROUP_FEATURES))
    anchors = np.array([anchor >> 8 for _, anchor, *_ in table.rows], dtype=np.uint64)
    links = np.array([anchor & 0xFF for _, anchor, *_ in table.rows], dtype=np.uint8)
    shares = np.array([share for *_, share, _ in table.rows])
    members, devoted = dict[int, frozenset[str]](), dict[int, frozenset[str]]()
    for anchor, group in table.groups.items():
        seen = [use.as_member(name) for name, use in group.members.items() if use.uses >= 2]
        members[anchor >> 8] = frozenset(member.account_id for member in seen)
        label = LABELS[group.link]
        devoted[anchor >> 8] = frozenset(member.account_id for member in seen if is_devoted(label, member))
    kinds = np.array([kind for *_, kind in table.rows])
    return Looks(features, anchors, links, shares, kinds, members, devoted, table.harvests)


def batched(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """Cut a stream into lists of ``size``, the last perhaps shorter (itertools.batched from Python 3.12 on)."""
    left = iter(items)
    while batch := list(islice(left, size)):
        yield batch
