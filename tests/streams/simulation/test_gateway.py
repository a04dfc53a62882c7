from collections import defaultdict
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.event import Event
from streams.simulation import INNOCENT_KINDS, AccountLabel, Labelled
from streams.simulation.embedding import embed
from streams.simulation.gateway import RECORDED, rfc3339
from streams.simulation.request import count_tokens

_REQUIRED = {
    "schema_version",
    "event_id",
    "event_time",
    "account_id",
    "operation",
    "request_model",
    "input_tokens",
    "output_tokens",
}
_CONTENT = {"prompt_text", "prompt_embedding", "embedding_model"}


def test_the_gateway_knows_every_field_of_the_event() -> None:
    """Required, content and recorded fields together are the fields of the request event."""
    assert _REQUIRED | _CONTENT | RECORDED.keys() == set(Event.__struct_fields__)


@pytest.mark.parametrize("innocent", [True, False])
def test_every_optional_field_is_there_for_some_and_absent_for_others(
    demo_events: list[Labelled], demo_labels: dict[str, AccountLabel], innocent: bool
) -> None:
    """Among the innocent as among the harvesting accounts, a part has each field and a part lacks it."""
    fields: dict[str, set[str]] = defaultdict(set)
    for row in demo_events:
        if (demo_labels[row.event["account_id"]].kind in INNOCENT_KINDS) == innocent:
            fields[row.event["account_id"]].update(row.event)
    rare = set() if innocent else _CONTENT  # embeddings come from one account in fifty
    for field in (RECORDED.keys() | _CONTENT) - rare:
        having = sum(field in found for found in fields.values())
        assert 0 < having < len(fields), field


def test_no_value_of_a_linking_field_is_the_attackers_mark(
    demo_events: list[Labelled], demo_labels: dict[str, AccountLabel]
) -> None:
    """Cards and address prefixes are shared among innocent accounts as they are among members of the campaign."""
    for field in ("payment_hash", "ip_prefix_hash"):
        accounts: dict[str, set[str]] = defaultdict(set)
        for row in demo_events:
            if field in row.event:
                accounts[row.event[field]].add(row.event["account_id"])
        kinds = [{demo_labels[account].kind for account in found} for found in accounts.values() if len(found) >= 3]
        assert any(found <= set(INNOCENT_KINDS) for found in kinds), field
        assert any("campaign" in found for found in kinds), field


@given(st.integers(0, 4_102_444_800_000))
def test_times_are_written_to_the_millisecond(time_ms: int) -> None:
    """The written time reads back as the same instant."""
    assert round(datetime.fromisoformat(rfc3339(time_ms)).timestamp() * 1_000) == time_ms


@given(st.text(max_size=200), st.text(max_size=200))
def test_longer_texts_have_no_fewer_tokens(text: str, more: str) -> None:
    """Token estimates are positive and grow with the text."""
    assert 1 <= count_tokens(text) <= count_tokens(text + more) + 1


@given(st.text(max_size=200))
def test_embeddings_are_finite_and_short(text: str) -> None:
    """The stand-in embedding has 64 numbers within [-1, 1]."""
    vector = embed(text)
    assert len(vector) == 64
    assert all(-1 <= value <= 1 for value in vector)
