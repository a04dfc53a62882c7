"""``python -m tests.makes.second --out DIR --seed N``: write a labelled week, and check that no field gives it away."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from tests.makes.second.check import check
from tests.makes.second.generate import generate


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; 0 when the week was written and, with ``--check``, no field told too much."""
    parser = argparse.ArgumentParser(prog="python -m tests.makes.second", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write to")
    parser.add_argument("--seed", type=int, required=True, help="same seed, same bytes")
    parser.add_argument("--days", type=float, default=7.0, help="length of the week (default 7)")
    parser.add_argument("--innocent-accounts", type=int, default=2_000, help="default 2000")
    parser.add_argument("--attack-free", action="store_true", help="no campaigns: every alert is a false one")
    parser.add_argument("--data", type=Path, metavar="FOLDER", help="prompt sets to add to the bundled ones")
    parser.add_argument(
        "--check", action="store_true", help="also say how well single fields tell harvesters from others"
    )
    options = parser.parse_args(arguments)
    if options.days < 1 or options.innocent_accounts < 50:
        parser.error("--days must be at least 1 and --innocent-accounts at least 50")
    began = time.perf_counter()
    made = generate(
        options.out, options.seed, days=options.days, innocent_accounts=options.innocent_accounts,
        attack_free=options.attack_free, data=options.data,
    )  # fmt: skip
    sys.stdout.write(made.summary() + f"written in {time.perf_counter() - began:.0f} s to {options.out}\n")
    if not options.check:
        return 0
    return check(options.out)


if __name__ == "__main__":
    sys.exit(main())
