from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from models.content import ContentModel
from models.content_fit import fit_content
from models.opening import opening
from models.segment import segment

Places = npt.NDArray[np.int16]


def _source(number: int, opener: str, end: str) -> Places:
    """Thirty prompts of one source: its own second word, the side's first word and end."""
    texts = [f"{opener} topic{number} {word} thing{end}" for word in "abcdefghijklmnopqrstuvwxyzäöüß"]
    return opening(segment(texts, key=0), texts)


HARVESTS = {f"h{number}": _source(number, "Generate", ".") for number in range(4)}
INNOCENTS = {f"i{number}": _source(number + 9, "why", "?") for number in range(5)}


def test_what_sources_of_a_side_share_carries_over() -> None:
    """A source of neither side is told by what the sources of its side share, not by its own words."""
    fit = fit_content(HARVESTS, INNOCENTS, seed=1)
    model = ContentModel(fit.weights)
    for places, harvest in ((_source(77, "Generate", "."), True), (_source(78, "why", "?"), False)):
        mean = float(model.score(places).mean())
        assert (mean > 0) is harvest
        assert (fit.pooling.nats(mean, 20) > 0.1) is harvest
        assert (fit.pooling.nats(mean, 20) < -0.1) is not harvest
    assert fit.pooling.sources == 4


def test_same_arguments_same_bytes() -> None:
    """Equal sources and seed give equal weights, whatever the order of the sources; another seed does not."""
    first = fit_content(HARVESTS, INNOCENTS, seed=1)
    again = fit_content(dict(reversed(HARVESTS.items())), INNOCENTS, seed=1)
    assert first.weights.tobytes() == again.weights.tobytes()
    assert first.pooling == again.pooling
    assert first.weights.tobytes() != fit_content(HARVESTS, INNOCENTS, seed=2).weights.tobytes()


def test_too_few_sources_and_sides_that_do_not_differ_are_refused() -> None:
    """Two harvest sources are too few; thin sources do not count; nothing to tell the sides apart is an error."""
    for few in ({"h0": HARVESTS["h0"], "h1": HARVESTS["h1"]}, {**HARVESTS, "h2": HARVESTS["h2"][:5], "h3": HARVESTS["h3"][:5]}):  # fmt: skip # noqa: E501
        with pytest.raises(ValueError, match="harvest sources: 2 with 20 prompts"):
            fit_content(few, INNOCENTS, seed=1)
    mixed = {"a": HARVESTS["h0"], "b": INNOCENTS["i0"], "c": _source(40, "so", "!")}
    with pytest.raises(ValueError, match="nothing carries over"):
        fit_content(mixed, {f"{name}2": places for name, places in mixed.items()}, seed=1)
