"""Stages behind Faust's tables: a table's partition is a stage, its changelog the stage's rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, cast

import faust
from faust.stores.base import Store
from faust.types import TP

from models.stage import Stage
from streams.fetched import FetchedBatch
from streams.transport import BatchSchema

NewStage = Callable[[int], Stage]


class StageStore(Store[Any, Any]):
    """Holds the stages of the partitions this worker owns; recovered rows go straight into them.

    A rebalance throws every stage away, unflushed state included, and recovery rebuilds those assigned: what was not
    flushed is computed again from the source topic, with the same result.
    """

    def __init__(self, *args: Any, new_stage: NewStage, changelog: str, **options: Any) -> None:
        super().__init__(*args, **options)
        self.data: dict[Any, Any] = {}
        self._new_stage = new_stage
        self._changelog = changelog
        self._stages: dict[int, Stage] = {}
        self._rows: dict[int, dict[bytes, bytes]] = {}
        self._recovered = False

    def stage(self, partition: int) -> Stage | None:
        """The live stage of a partition, or ``None`` while it is not owned here or still recovering."""
        return self._stages.get(partition) if self._recovered else None

    def stages(self) -> list[Stage]:
        """All live stages, none while recovering."""
        return list(self._stages.values()) if self._recovered else []

    def discard(self, partition: int) -> None:
        """Forget a stage whose partition another worker has taken."""
        self._stages.pop(partition, None)

    def recover(self, partition: int, batch: FetchedBatch) -> None:
        """Take a run of changelog records, later ones over earlier; about a microsecond a record."""
        rows = self._rows.setdefault(partition, {})
        for key, value in zip(batch.records.keys, batch.records.values, strict=True):
            if key is None:
                continue
            if value is None:
                rows.pop(key, None)
            else:
                rows[key] = value

    def persisted_offset(self, tp: TP) -> int | None:  # noqa: ARG002 - Faust's signature
        """Stages live in memory: a changelog is always read from its beginning."""
        return None

    async def need_active_standby_for(self, tp: TP) -> bool:  # noqa: ARG002 - Faust's signature
        """A partition is never found on this worker's disk."""
        return True

    def reset_state(self) -> None:
        """Forget every stage."""
        self._stages.clear()
        self._rows.clear()
        self._recovered = False

    async def on_rebalance(
        self,
        assigned: set[TP],
        revoked: set[TP],  # noqa: ARG002 - Faust's signature
        newly_assigned: set[TP],  # noqa: ARG002 - Faust's signature
        generation_id: int = 0,  # noqa: ARG002 - Faust's signature
    ) -> None:
        """Start over with an empty stage for each changelog partition assigned."""
        self.reset_state()
        self._stages = {tp.partition: self._new_stage(tp.partition) for tp in assigned if tp.topic == self._changelog}

    async def on_recovery_completed(self, active_tps: set[TP], standby_tps: set[TP]) -> None:  # noqa: ARG002
        """Give the stages their rows, whereupon ``stage`` answers; ``ValueError`` on another version's row."""
        for partition, rows in self._rows.items():
            if partition in self._stages:
                self._stages[partition].load(rows.items())
        self._rows.clear()
        self._recovered = True

    def apply_changelog_batch(self, batch: Iterable[Any], to_key: Any, to_value: Any) -> None:
        """Recovery hands batches to ``recover``; Faust's own buffers stay empty."""

    async def backup_partition(self, tp: Any, flush: bool = True, purge: bool = False, keep: int = 1) -> None:
        """Nothing on disk to back up: the changelog is the copy."""

    def restore_backup(self, tp: Any, latest: bool = True, backup_id: int = 0) -> None:
        """Nothing on disk to restore."""


class StageTable(faust.Table[Any, Any]):
    """A Faust table whose changelog topic is ``{prefix}{name}-changelog`` and whose store holds stages."""

    def __init__(self, app: Any, *, name: str, changelog: str, partitions: int, new_stage: NewStage) -> None:
        self._changelog_name = changelog
        self._stage_factory = new_stage
        super().__init__(
            app,
            name=name,
            partitions=partitions,
            changelog_topic=app.topic(
                changelog,
                schema=BatchSchema(),
                partitions=partitions,
                compacting=True,
                deleting=False,
                acks=False,
                internal=True,
            ),
        )

    def _new_store(self) -> StageStore:
        return StageStore(
            "memory:",
            self.app,
            self,
            table_name=self.name,
            new_stage=self._stage_factory,
            changelog=self._changelog_name,
        )

    @property
    def store(self) -> StageStore:
        """The stages."""
        return cast("StageStore", self.data)
