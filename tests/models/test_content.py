from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.content import NATS_BOUND, SCORE_BOUND, ContentModel, Pooling
from models.opening import PLACES, opening
from models.segment import segment
from tests.models.prompts import compiles, prompt_texts

POOLING = Pooling(harvest_mean=0.2, innocent_mean=-0.2, between_sd=0.5, within_sd=0.4, sources=5)


def _weights(seed: int = 1) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.random.default_rng(seed).normal(size=PLACES + 1)


@compiles
@given(st.lists(st.tuples(prompt_texts, st.booleans()), max_size=6))
def test_batch_agrees_with_one_by_one(verdicts: list[tuple[str, bool]]) -> None:
    """Scores and what is learnt are the same, bit for bit, taken together or one after another."""
    texts = [text for text, _ in verdicts]
    places = opening(segment(texts, key=0), texts)
    batch, single = ContentModel(_weights()), ContentModel(_weights())
    for _ in range(2):
        scores = [single.score_one({"prompt_text": text}) for text in texts]
        assert [None if np.isnan(score) else score for score in batch.score(places).tolist()] == scores
        batch.learn(places, np.array([harvest for _, harvest in verdicts], dtype=np.bool_))
        for text, harvest in verdicts:
            single.learn_one({"prompt_text": text}, harvest)


def test_learns_the_direction_of_verdicts() -> None:
    """A prompt judged a harvest scores higher afterwards, one judged innocent lower, one abstained from stays out."""
    model = ContentModel()
    for harvest in (True, False):
        before = model.score_one({"prompt_text": "Generate a task."})
        model.learn_one({"prompt_text": "Generate a task."}, harvest)
        after = model.score_one({"prompt_text": "Generate a task."})
        assert before is not None
        assert after is not None
        assert (after > before) is harvest
    model.learn_one({"prompt_text": "写一首诗"}, True)
    model.learn_one({}, True)
    assert model.score_one({"prompt_text": "写一首诗"}) is None
    assert model.predict_proba_one({}) == {False: 0.5, True: 0.5}


def test_no_number_of_verdicts_moves_a_weight_beyond_reach() -> None:
    """A thousand equal verdicts move each weight by ``reach`` at most, and 0 freezes the model."""
    places = opening(segment(["Generate a task."], key=0), ["Generate a task."]).repeat(1000, axis=0)
    for reach in (0.25, 0.0):
        model = ContentModel(_weights(), reach=reach)
        model.learn(places, np.ones(1000, dtype=np.bool_))
        assert np.abs(model._weights - _weights()).max() == pytest.approx(reach, abs=1e-12)


def test_scores_are_bounded() -> None:
    """Whatever the weights, a score lies within its bound and its probability strictly inside 0 and 1."""
    model = ContentModel(np.full(PLACES + 1, 50.0))
    assert model.score_one({"prompt_text": "Generate a task."}) == SCORE_BOUND
    assert 0.95 < model.predict_proba_one({"prompt_text": "Generate a task."})[True] < 1


@pytest.mark.parametrize(
    "weights", [np.zeros(PLACES), np.full(PLACES + 1, np.nan), np.zeros((PLACES + 1, 1))], ids=["short", "nan", "shape"]
)
def test_damaged_weights_are_refused(weights: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> None:
    """Weights of another size or that are not finite raise with the mend."""
    with pytest.raises(ValueError, match="write them again with `content`"):
        ContentModel(weights)


@given(st.floats(-SCORE_BOUND, SCORE_BOUND), st.integers(0, 10**9))
def test_pooled_evidence_is_bounded_and_odd(mean: float, requests: int) -> None:
    """Evidence stays within its bound, is 0 without requests, and changes sign when both sides are swapped."""
    nats = POOLING.nats(mean, requests)
    assert abs(nats) <= NATS_BOUND
    assert POOLING.nats(-mean, requests) == pytest.approx(-nats, abs=1e-9)
    assert requests or nats == 0


def test_pooled_evidence_levels_off() -> None:
    """At the harvests' mean, evidence grows with requests, but a million are worth little more than a thousand."""
    few, many, million = (POOLING.nats(0.2, requests) for requests in (1, 1_000, 1_000_000))
    assert 0 < few < many <= million < many + 0.01


@pytest.mark.parametrize("requests", [1, 20, 1_000])
def test_an_innocent_source_gains_nothing_on_average(requests: int) -> None:
    """Over sources drawn as pooling expects innocent ones, exp(evidence) has a mean of 1, but for the bound's rounding.

    Ten thousand sources; the standard error is below 0.01.
    """
    rng = np.random.default_rng(7)
    spread = np.hypot(POOLING.between_sd * np.sqrt(1 + 1 / POOLING.sources), POOLING.within_sd / np.sqrt(requests))
    means = POOLING.innocent_mean + spread * rng.standard_t(POOLING.sources - 1, 10_000)
    assert np.mean([np.exp(POOLING.nats(mean, requests)) for mean in means]) == pytest.approx(1, abs=0.03)
