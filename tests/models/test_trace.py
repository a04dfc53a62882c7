"""The packed trace messages."""

from __future__ import annotations

import numpy as np
import pytest

from models.trace import MAX_ACCOUNTS_PER_MESSAGE, TRACE, TraceBatch, pack, unpack


def batch(account_ids: list[str], count: int) -> TraceBatch:
    """A message with ``count`` traces of random bytes."""
    traces = np.frombuffer(np.random.default_rng(0).bytes(count * TRACE.itemsize), dtype=TRACE)
    return TraceBatch(3, 10, 20, 1_700_000_000_000, account_ids, traces)


def test_a_trace_takes_forty_bytes() -> None:
    """The design's ceiling for a trace on the wire."""
    assert TRACE.itemsize == 40


def test_a_trace_names_no_payment_and_no_address() -> None:
    """Of identities it holds its anchor and 16 bits of the organisation, of the prompt 16 bits of one more shell."""
    assert TRACE.names == (
        "key", "effective_s", "offset", "content", "effective_rest_ms", "habits", "uses", "account", "events",
        "output_tokens", "organization", "companion", "cell", "link", "flags", "known_shells",
    )  # fmt: skip
    assert TRACE["organization"] == TRACE["companion"] == np.dtype("<u2")


@pytest.mark.parametrize("count", [0, 1, 100])
def test_what_was_packed_is_unpacked(count: int) -> None:
    """Every field survives, account ids of several scripts too."""
    sent = batch(["acct-1", "账户-2", "ünï"], count)
    received = unpack(pack(sent))
    assert (received.source, received.from_position, received.through_position) == (3, 10, 20)
    assert received.watermark_ms == sent.watermark_ms
    assert received.account_ids == sent.account_ids
    assert received.traces.tobytes() == sent.traces.tobytes()


def test_positions_go_on_where_an_offset_would_not_fit() -> None:
    """An offset has 32 bits and counts from the message's ``from_position``, so positions may lie anywhere beyond."""
    start = 2**33 + 5
    traces = np.zeros(2, dtype=TRACE)
    traces["offset"] = [0, 2**32 - 1]
    sent = TraceBatch(0, start, start + 2**32, 0, ["a"], traces)
    assert unpack(pack(sent)).positions.tolist() == [start, start + 2**32 - 1]


def test_a_truncated_message_is_refused() -> None:
    """A message that was cut says what is wrong with it."""
    value = pack(batch(["acct-1"], 2))
    with pytest.raises(ValueError, match="no multiple of 40"):
        unpack(value[:-1])
    with pytest.raises(ValueError, match="shorter than its"):
        unpack(value[:5])


def test_another_version_is_refused() -> None:
    """A message of a later build names both versions."""
    value = bytearray(pack(batch([], 0)))
    value[0] = 9
    with pytest.raises(ValueError, match="version 9, this build reads 4"):
        unpack(bytes(value))


def test_too_many_accounts_are_refused() -> None:
    """The account column has 16 bits, and the error says what to do."""
    with pytest.raises(ValueError, match="split the batch"):
        pack(batch(["a"] * (MAX_ACCOUNTS_PER_MESSAGE + 1), 0))
