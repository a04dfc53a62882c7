"""``python -m tests.makes.fifth --out DIR --seed N [--attack-free]``: write a week and its labels."""

from __future__ import annotations

import argparse
from pathlib import Path

from tests.makes.fifth.week import make_week


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.makes.fifth", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for events.jsonl.zst and labels.csv")
    parser.add_argument("--seed", type=int, required=True)
    parser.add_argument("--attack-free", action="store_true", help="the same innocent events without campaigns")
    options = parser.parse_args()
    make_week(options.seed, attack_free=options.attack_free).write(options.out)


if __name__ == "__main__":
    main()
