"""What a step reads and what it may commit: every record once, durable state alone."""

from __future__ import annotations

from typing import Any

import pytest
from faust.types import TP

from models.account_stage import AccountStage
from models.detection import DetectionSettings
from models.record import Records
from models.stage import Row, Stage
from streams.changelog import FencedError
from streams.cuts import Cuts
from streams.fetched import FetchedBatch
from streams.metrics import Metrics
from streams.references import load_references
from streams.settings import load_settings
from streams.step import Step

SOURCE = TP("requests", 0)
REQUEST = (
    b'{"schema_version":1,"event_id":"e-1","event_time":"2026-03-02T08:00:00Z","account_id":"acct-1",'
    b'"operation":"chat","request_model":"sable-4","input_tokens":9,"output_tokens":40}'
)


class Owned:
    """A table whose partitions live here, as far as a step looks at one."""

    def __init__(self, *stages: Stage) -> None:
        self.store = self
        self.changelog_topic = self
        self._stages = {stage.partition: stage for stage in stages}

    def get_topic_name(self) -> str:
        """The changelog's name."""
        return "changelog"

    def stage(self, partition: int) -> Stage | None:
        """The live stage of a partition."""
        return self._stages.get(partition)

    def stages(self) -> list[Stage]:
        """All live stages."""
        return list(self._stages.values())

    def put(self, stage: Stage) -> None:
        """Own another stage, in place of the partition's last."""
        self._stages[stage.partition] = stage

    def discard(self, partition: int) -> None:
        """Forget a stage."""
        del self._stages[partition]


class Broken:
    """A changelog whose broker is gone, or whose partition another worker has taken."""

    def __init__(self, error: Exception | None) -> None:
        self.error = error
        self.rows: list[Row] = []

    async def settle(self) -> None:
        """Nothing was sent."""

    async def write(self, _changelog: TP, rows: list[Row]) -> None:
        """Keep the rows, or fail as told."""
        if self.error is not None:
            raise self.error
        self.rows += rows


def _step(error: Exception | None) -> tuple[Step, Owned, Broken, Cuts]:
    stage = AccountStage(0, DetectionSettings(), load_references(load_settings()).featuriser)
    stage.apply(Records(SOURCE.topic, 0, [0], [-1], [b"acct-1"], [REQUEST], [None]), 1)
    table, changelog, cuts = Owned(stage), Broken(error), Cuts()
    parts: Any = {"table": table, "sender": changelog, "changelog": changelog}
    return Step("accounts", SOURCE.topic, cuts=cuts, metrics=Metrics(), **parts), table, changelog, cuts


async def test_a_flush_allows_the_cut_of_what_it_wrote() -> None:
    """After a flush the offset behind the last applied record may be committed."""
    step, _, changelog, cuts = _step(None)
    await step.flush()
    assert len(changelog.rows) == 2
    assert cuts.get(SOURCE) == 1


async def test_a_failed_flush_allows_nothing_then_or_later() -> None:
    """Rows that did not become durable count as clean, so their stage is thrown away before a later flush sees it."""
    step, table, changelog, cuts = _step(ConnectionError("broker is gone"))
    with pytest.raises(ConnectionError):
        await step.flush()
    changelog.error = None
    await step.flush()
    assert table.stages() == []
    assert cuts.get(SOURCE) is None


async def test_a_fenced_flush_gives_the_partition_up() -> None:
    """A partition that another worker has taken is discarded without an error and without a cut."""
    step, table, _, cuts = _step(FencedError("a newer owner"))
    await step.flush()
    assert table.stages() == []
    assert cuts.get(SOURCE) is None


async def test_a_flush_that_a_rebalance_overtakes_writes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a stage would write that was thrown away meanwhile does not come after what its successor recovers from."""
    step, table, changelog, cuts = _step(None)

    async def rebalance() -> None:
        table.put(AccountStage(0, DetectionSettings(), load_references(load_settings()).featuriser))

    monkeypatch.setattr(changelog, "settle", rebalance)
    await step.flush()
    assert changelog.rows == []
    assert cuts.get(SOURCE) is None


class Log:
    """A consumer of a log whose first kept offset is known."""

    def __init__(self, earliest: int) -> None:
        self.earliest = earliest
        self.sought: int | None = None

    async def earliest_offsets(self, tp: TP) -> dict[TP, int]:
        """The first offset that the log still holds."""
        return {tp: self.earliest}

    async def seek(self, _tp: TP, offset: int) -> None:
        """Note where reading goes on."""
        self.sought = offset


async def test_a_fresh_stage_goes_back_for_offsets_that_a_fetch_skipped() -> None:
    """Records before the fetched ones are read first, also by a stage that has applied nothing yet."""
    step, table, _, _ = _step(None)
    stage = AccountStage(0, DetectionSettings(), load_references(load_settings()).featuriser)
    table.put(stage)
    log = Log(earliest=0)
    records = Records(SOURCE.topic, 0, [7], [-1], [b"acct-1"], [REQUEST], [None])
    await step.run(FetchedBatch(records, from_offset=7, next_offset=8), log)
    assert log.sought == 0
    assert stage.event_count == 0
