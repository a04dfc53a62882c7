from __future__ import annotations

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models import featurise as module
from models.codebook import Codebook
from models.embedding import WordEmbedder
from models.event import Event
from models.features import SHELLS_PER_EVENT, Flag
from models.featurise import Featuriser
from tests.models.prompts import compiles, prompt_texts
from tests.models.test_codebook import unit_rows
from tests.models.test_embedding import DIMENSIONS, VECTORS, tokenise

PROMPT = "Summarise the following report in three plain sentences, please."
words = st.text("abc", min_size=0, max_size=3)


def make_event(**fields: object) -> Event:
    """Build an event with the required fields and some others."""
    required = {
        "schema_version": 1,
        "event_id": "r-1",
        "event_time": 1_772_366_400_000,
        "account_id": "a-1",
        "operation": "chat",
        "request_model": "m",
        "input_tokens": 5,
        "output_tokens": 7,
    }
    return msgspec.convert({**required, **fields}, Event)


def make_featuriser(key: int = 1, capacity: int = 1_000) -> Featuriser:
    """Build a featuriser over small random weights."""
    return Featuriser(WordEmbedder(VECTORS, tokenise, capacity), Codebook(unit_rows(16, DIMENSIONS, 1)), key)


events = st.builds(
    make_event,
    event_id=words.map(lambda text: "r" + text),
    prompt_text=st.none() | prompt_texts,
    prompt_embedding=st.none() | st.lists(st.floats(-1, 1), min_size=16, max_size=20),
    embedding_model=st.none() | words,
    end_user_hash=st.none() | words,
    payment_hash=st.none() | words,
    ip_hash=st.none() | words,
    ip_prefix_hash=st.none() | words,
    conversation_id=st.none() | words,
    root_hash=st.none() | words,
    turn_count=st.none() | st.integers(0, 3),
    tool_count=st.none() | st.integers(0, 1),
    tool_call_count=st.none() | st.integers(0, 1),
    refused=st.none() | st.booleans(),
)


@compiles
@given(st.lists(events, max_size=8), st.integers(0, 2**64 - 1), st.integers(0, 8))
def test_batch_single_form_and_any_split_agree(batch: list[Event], key: int, cut: int) -> None:
    """A row does not depend on the batch, on the cache, or on which form made it."""
    whole = make_featuriser(key).featurise(batch)
    small = make_featuriser(key, capacity=2)
    split = np.concatenate([small.featurise(batch[:cut]), small.featurise(batch[cut:])])
    assert whole.tobytes() == split.tobytes()
    for event, row in zip(batch, whole, strict=True):
        assert row.tobytes() == small.featurise_one(event).tobytes()


def test_runs_of_texts_do_not_change_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts taken in many short runs give the rows that one run gives."""
    batch = [make_event(event_id=f"r-{index}", prompt_text=PROMPT[index:]) for index in range(40)]
    whole = make_featuriser().featurise(batch)
    monkeypatch.setattr(module, "_BYTES_PER_RUN", 100)
    assert whole.tobytes() == make_featuriser().featurise(batch).tobytes()


def test_columns_of_a_full_event() -> None:
    """Every column holds what its field says."""
    row = make_featuriser().featurise(
        [
            make_event(
                prompt_text=PROMPT,
                turn_count=2,
                tool_count=1,
                refused=True,
                end_user_hash="u",
                payment_hash="p",
                ip_prefix_hash="i",
                conversation_id="c",
            )
        ]
    )[0]
    assert tuple(row[name] for name in ("event_time_ms", "input_tokens", "output_tokens", "words")) == (
        1_772_366_400_000,
        5,
        7,
        9,
    )
    assert all(row[name] for name in ("event_id", "content", "end_user", "payment", "address", "conversation"))
    assert row["flags"] == Flag.HAS_CONTENT | Flag.MULTI_TURN | Flag.USES_TOOLS | Flag.REFUSED | Flag.HAS_END_USER
    assert 0 <= row["cell"] < 16
    assert np.count_nonzero(row["shells"]) == 4


@pytest.mark.parametrize("text", [None, "", "?!", "\u200b"])
def test_event_without_content_still_counts(text: str | None) -> None:
    """Without a word and without an embedding, content is 0, the cell is -1, and the tokens are there."""
    row = make_featuriser().featurise([make_event(prompt_text=text)])[0]
    assert tuple(row[name] for name in ("content", "cell", "flags", "input_tokens", "output_tokens")) == (
        0,
        -1,
        0,
        5,
        7,
    )
    assert not row["shells"].any()
    assert not any(row[name] for name in ("end_user", "payment", "address", "conversation"))


def test_embedding_instead_of_text() -> None:
    """An embedding alone gives content and a cell, but no words and no shells; equal ones give the same."""
    embedding = [0.5, -0.25] * 16
    first, again, other = make_featuriser().featurise(
        [
            make_event(prompt_embedding=embedding, embedding_model="m"),
            make_event(prompt_embedding=embedding, embedding_model="m", prompt_text=" "),
            make_event(prompt_embedding=[-value for value in embedding], embedding_model="m"),
        ]
    )
    assert first["content"] == again["content"] != other["content"]
    assert first["cell"] == again["cell"] != other["cell"]
    assert first["flags"] == Flag.HAS_CONTENT
    assert first["words"] == 0
    assert not first["shells"].any()


def test_text_is_preferred_to_an_embedding() -> None:
    """Where both are present the embedding changes nothing."""
    both, text = make_featuriser().featurise(
        [make_event(prompt_text=PROMPT, prompt_embedding=[0.5] * 16), make_event(prompt_text=PROMPT)]
    )
    assert both.tobytes() == text.tobytes()


def test_one_string_in_two_fields_gives_two_hashes() -> None:
    """The same string as payment and as address is not one anchor."""
    row = make_featuriser().featurise([make_event(payment_hash="x", ip_hash="x", end_user_hash="x")])[0]
    assert len({row["payment"], row["address"], row["end_user"]}) == 3


def test_prefix_is_preferred_to_address_and_conversation_to_root() -> None:
    """The finer address and the root hash count only where the other is absent."""
    rows = make_featuriser().featurise(
        [
            make_event(ip_prefix_hash="p", ip_hash="a", conversation_id="c", root_hash="r"),
            make_event(ip_prefix_hash="p", conversation_id="c"),
            make_event(ip_hash="a", root_hash="r"),
        ]
    )
    for name in ("address", "conversation"):
        assert rows[name][0] == rows[name][1] != rows[name][2] != 0


def test_hashes_depend_on_the_key() -> None:
    """Under another key every hash of an event is another one, while its cell stays."""
    event = make_event(prompt_text=PROMPT, payment_hash="p", ip_hash="i", conversation_id="c", end_user_hash="u")
    first, other = (make_featuriser(key).featurise([event])[0] for key in (1, 2))
    for name in ("event_id", "content", "end_user", "payment", "address", "conversation"):
        assert first[name] != other[name]
    assert SHELLS_PER_EVENT >= len(set(first["shells"].tolist()) & set(other["shells"].tolist()) - {0}) == 0
    assert first["cell"] == other["cell"]


@pytest.mark.parametrize(
    ("dimensions", "key", "message"),
    [(DIMENSIONS + 1, 1, "codebook"), (DIMENSIONS, -1, "key"), (DIMENSIONS, 2**64, "key")],
)
def test_refuses_parts_that_do_not_fit(dimensions: int, key: int, message: str) -> None:
    """A codebook of other dimensions and a key beyond 64 bits are refused by name."""
    with pytest.raises(ValueError, match=message):
        Featuriser(WordEmbedder(VECTORS, tokenise), Codebook(unit_rows(4, dimensions, 0)), key)
