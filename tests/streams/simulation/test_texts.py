import pytest
from hypothesis import given
from hypothesis import strategies as st

from streams.corpora import CorpusError, Prompt
from streams.simulation.randomness import generator
from streams.simulation.texts import Reservations, Texts, evolve


def _normal(text: str) -> str:
    return text.casefold().strip()


def test_every_item_has_one_side(prompts: dict[str, list[Prompt]]) -> None:
    """What harvesters may use and what innocent people may use have no text in common, whatever its case."""
    texts = Texts(prompts, 1)
    innocent = {_normal(text) for found in texts.innocent.values() for text in found}
    harvest = {_normal(text) for found in texts.harvest.values() for text in found}
    assert not innocent & harvest
    assert sum(len(found) for found in texts.harvest.values()) > 1_000


def test_shards_do_not_overlap_even_when_a_corpus_runs_out(prompts: dict[str, list[Prompt]]) -> None:
    """Many more texts than the corpora hold are dealt out without repeating one."""
    reservations = Reservations(Texts(prompts, 1))
    shards = [
        *reservations.reserve(("gsm8k_train", "huatuo_med"), 9, 200),
        *reservations.reserve(("gsm8k_train",), 3, 900),
    ]
    dealt = [text for shard in shards for text in shard.shuffled(generator(1, "x"))]
    assert len(dealt) >= 9 * 200 + 3 * 900
    assert len(set(dealt)) == len(dealt)


def test_a_corpus_without_harvest_texts_is_named(prompts: dict[str, list[Prompt]]) -> None:
    """Asking for corpora that hold nothing to harvest says so and lists those that do."""
    with pytest.raises(CorpusError, match=r"mathdial_tutor: no harvest texts there; choose among .*gsm8k_train"):
        Reservations(Texts(prompts, 1)).reserve(("mathdial_tutor",), 1, 1)


@given(st.integers(0, 4_000), st.integers(0, 4_000), st.sampled_from(("Add 2 and 3.", "二加三")))
def test_reuses_of_an_item_all_differ(lap: int, other: int, text: str) -> None:
    """The first use is the item itself; any two laps of it differ."""
    assert (evolve(text, lap) == text) == (lap == 0)
    assert (evolve(text, lap) == evolve(text, other)) == (lap == other)


def test_documents_differ_when_a_corpus_runs_out(prompts: dict[str, list[Prompt]]) -> None:
    """Three times as many documents as a corpus holds are all different."""
    texts = Texts(prompts, 1)
    count = 3 * len(texts.innocent["nq_open"])
    assert len({texts.document("nq_open", position, 1) for position in range(count)}) == count
