"""``python -m tests.makes.sixth --out DIR --seed N [--attack-free]``: write one labelled week to a folder."""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import zstandard

from tests.makes.sixth.traffic import make_week
from tests.makes.sixth.week import Week
from tests.makes.sixth.world import Library


def write(week: Week, out: Path) -> None:
    """Write the events and the labels."""
    out.mkdir(parents=True, exist_ok=True)
    lines = b"".join(line + b"\n" for _, _, line in week.events)
    (out / "events.jsonl.zst").write_bytes(zstandard.ZstdCompressor(level=3).compress(lines))
    with (out / "labels.csv").open("w", newline="", encoding="utf-8") as table:
        rows = csv.writer(table)
        rows.writerow(("account_id", "kind", "campaign", "attack_fraction"))
        rows.writerows(week.labels)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.makes.sixth", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    parser.add_argument("--seed", type=int, required=True, help="same seed, same bytes")
    parser.add_argument("--attack-free", action="store_true", help="no campaigns: every alert is a false one")
    wanted = parser.parse_args()
    write(make_week(Library(), wanted.seed, wanted.attack_free), wanted.out)


if __name__ == "__main__":
    main()
