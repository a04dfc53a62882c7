"""Days of the demo under other seeds, replayed and judged: who was named of those who harvest, and of the innocent.

``python -m tests.benchmarks.demo_days 916 917`` judges the days of these seeds, some ten seconds each.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import orjson
from rich.console import Console
from rich.table import Table

from streams.demo import DEMO_DETECTION
from streams.replay import replay
from streams.settings import load_settings
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate

#: Members of the campaign that have to be named, of 60.
LEAST_MEMBERS = 45


class DemoDay(NamedTuple):
    """Whom the alerts of one day named: the loud account or not, members of the campaign, innocent accounts by kind."""

    loud: bool
    members: int
    innocents: list[str]

    @property
    def keeps_the_promise(self) -> bool:
        """Whether everyone who harvests loudly is named, and nobody innocent."""
        return self.loud and self.members >= LEAST_MEMBERS and not self.innocents


def judge_day(seed: int, folder: Path) -> DemoDay:
    """Replay the demo's day of a seed, with its files in ``folder``."""
    simulation = simulate(preset("demo"), seed)
    events = folder / "events.jsonl"
    events.write_bytes(b"".join(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE) for event in simulation.events()))
    named: set[str] = set()
    replay(
        [events], folder, load_settings(detection=DEMO_DETECTION), alerted=lambda alert: named.update(alert.accounts)
    )
    by_campaign: defaultdict[str, set[str]] = defaultdict(set)
    innocents = []
    for label in simulation.labels():
        if label.attack_fraction:
            by_campaign[label.campaign].add(label.account_id)
        elif label.account_id in named:
            innocents.append(label.kind)
    assert len(by_campaign["loud"]) == 1, f"seed {seed}: the day has no loud account, or several"
    return DemoDay(by_campaign["loud"] <= named, len(by_campaign["campaign-60"] & named), sorted(innocents))


def main() -> None:
    """Judge the days of the seeds on the command line; ends with status 1 if one does not keep the promise."""
    table = Table("seed", "loud account", "members of 60", "innocent", "promise")
    broken = False
    for seed in map(int, sys.argv[1:]):
        with tempfile.TemporaryDirectory() as folder:
            day = judge_day(seed, Path(folder))
        broken |= not day.keeps_the_promise
        loud, kept = ("named" if day.loud else "missed"), ("kept" if day.keeps_the_promise else "broken")
        table.add_row(str(seed), loud, str(day.members), ", ".join(day.innocents) or "none", kept)
    Console().print(table)
    sys.exit(broken)


if __name__ == "__main__":
    main()
