"""Several people behind one account, each an end user of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from streams.simulation.request import Request
from streams.simulation.world import Behaviour


def requests_of(
    people: Iterable[tuple[Behaviour, str]], rng: np.random.Generator, day: int, day_ms: int
) -> Iterator[Request]:
    """Yield what people, given with the hashes that name them as end users, send on one day, one after the other."""
    for person, user in people:
        for request in person.day(rng, day, day_ms):
            request.end_user = user
            yield request
