"""A week: the innocent side and, unless it is attack-free, the campaigns; and the files it is written to."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import zstandard

from tests.makes.fifth.account import Account
from tests.makes.fifth.harvest import harvest
from tests.makes.fifth.innocents import innocents
from tests.makes.fifth.world import World


@dataclass
class Week:
    """A week's events (time, id, JSON) in order of time, and the accounts that sent them, by name."""

    events: list[tuple[int, str, bytes]]
    accounts: list[Account]

    def write(self, out: Path) -> None:
        """Write ``events.jsonl.zst`` and ``labels.csv``."""
        out.mkdir(parents=True, exist_ok=True)
        with zstandard.open(out / "events.jsonl.zst", "wb") as file:
            for _, _, event in self.events:
                file.write(event + b"\n")
        with (out / "labels.csv").open("w", newline="") as labels:
            table = csv.writer(labels, lineterminator="\n")
            table.writerow(("account_id", "kind", "campaign", "attack_fraction"))
            for one in self.accounts:
                table.writerow((one.name, one.kind, one.campaign, f"{one.harvested / one.sent:.4f}"))


def make_week(seed: int, *, attack_free: bool = False, scale: float = 1.0) -> Week:
    """Make a week in memory; ``scale`` is the part of a full week's innocent accounts that it has."""
    world = World(seed, scale)
    makers = [innocents(world)]
    if not attack_free:
        makers.append(harvest(world, len(makers[0].events)))
    accounts = [one for make in makers for one in make.accounts if one.sent]
    return Week(
        events=sorted(row for make in makers for row in make.events),
        accounts=sorted(accounts, key=lambda one: one.name),
    )
