"""``make bench``: the throughput comparison; the other benchmarks of this folder run as modules of their own."""

from tests.benchmarks.throughput import main

raise SystemExit(main())
