from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.account_row import ACCOUNT_ROW
from models.accounts import AccountSlab, AccountUpdate, read_row
from models.detection import DetectionSettings
from tests.models.account_events import Stream, mixed_stream

SMALL = DetectionSettings(max_accounts=16, halving_events=64, warm_up_events=5, candidate_bar_nats=-20.0)


def apply(slab: AccountSlab, stream: Stream, cuts: list[int]) -> list[object]:
    """Everything that a stream leaves, applied in batches that end at ``cuts``, events counted from its start."""
    bounds = sorted({0, len(stream.account_ids), *(cut % len(stream.account_ids) for cut in cuts)})
    parts = [(start, slab.update(*stream.cut(start, end))) for start, end in pairwise(bounds)]
    return [
        sum(part.applied for _, part in parts),
        [index + start for start, part in parts for index in part.duplicates],
        b"".join(part.traces.tobytes() for _, part in parts),
        [index + start for start, part in parts for index in part.trace_events.tolist()],
        [candidate for _, part in parts for candidate in part.candidates],
    ]


def rows_by_account(slab: AccountSlab) -> dict[str, bytes]:
    """Row bytes by account id."""
    return {account_id: slab.rows[slab.rows_of([account_id])[0]].tobytes() for account_id in sorted(slab.counts())}


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 300), max_size=6))
def test_eviction_does_not_depend_on_batches(seed: int, cuts: list[int]) -> None:
    """With far more accounts than room, any split of the stream leaves the same rows and outputs."""
    stream = mixed_stream(seed, 300, accounts=40)
    whole, cut = AccountSlab(SMALL), AccountSlab(SMALL)
    assert apply(whole, stream, []) == apply(cut, stream, cuts)
    assert rows_by_account(whole) == rows_by_account(cut)
    assert len(whole) <= SMALL.max_accounts


@settings(deadline=None, max_examples=30)
@given(st.integers(0, 2**32), st.lists(st.integers(0, 200), min_size=1, max_size=6))
def test_the_changelog_rebuilds_the_slab(seed: int, cuts: list[int]) -> None:
    """Rows dumped after any batches, evictions among them, load into the same accounts; then both go on alike."""
    stream = mixed_stream(seed, 300, accounts=40)
    original, restored = AccountSlab(SMALL), AccountSlab(SMALL)
    records: list[tuple[bytes, bytes | None]] = []
    bounds = sorted({0, 200, *cuts})
    for start, end in pairwise(bounds):
        original.update(*stream.cut(start, end))
        records += original.dump_dirty()
        original.mark_clean()
        assert original.dump_dirty() == []
    restored.load(records)
    assert rows_by_account(restored) == rows_by_account(original)
    assert restored.dump_dirty() == []
    rest = stream.cut(200, 300)
    assert apply(restored, rest, []) == apply(original, rest, [])
    assert dict(restored.dump_dirty()) == dict(original.dump_dirty())


def touch(slab: AccountSlab, account_ids: list[str], hours: list[int], offset: int) -> AccountUpdate:
    """One event each, at the given hours."""
    stream = mixed_stream(1, len(account_ids))
    stream.features["event_id"] = np.arange(offset + 1, offset + 1 + len(account_ids))
    times = np.array(hours, dtype=np.int64) * 3_600_000
    return slab.update(account_ids, stream.features, times, np.arange(offset, offset + len(account_ids)))


def test_the_longest_unseen_sixteenth_is_evicted() -> None:
    """The least last-seen times go first, ties by account id; both leave a tombstone each."""
    slab = AccountSlab(DetectionSettings(max_accounts=32))
    names = [f"a{number:02}" for number in range(32)]
    touch(slab, names, [5] * 30 + [4, 5], offset=0)
    slab.mark_clean()
    touch(slab, ["new"], [9], offset=32)
    assert set(names) - set(slab.counts()) == {"a00", "a30"}
    records = dict(slab.dump_dirty())
    assert (records.pop(b"a00"), records.pop(b"a30")) == (None, None)
    assert list(records) == [b"new"]


def test_an_evicted_account_that_returns_starts_anew() -> None:
    """Its tombstone gives way to its new row, whose count begins at one."""
    slab = AccountSlab(DetectionSettings(max_accounts=1))
    touch(slab, ["x", "x", "y", "x"], [1, 1, 2, 3], offset=0)
    records = dict(slab.dump_dirty())
    assert records[b"y"] is None
    assert np.frombuffer(records[b"x"] or b"", dtype=ACCOUNT_ROW)["events"].tolist() == [1]


def test_rows_end_before_the_account_that_found_no_room() -> None:
    """A short answer covers the events before it, so that they count before anybody is evicted."""
    slab = AccountSlab(DetectionSettings(max_accounts=2))
    assert slab.rows_of(["a", "b", "a", "c", "a"]).tolist() == [0, 1, 0]
    assert slab.rows_of(["c", "a"]).size == 1
    assert set(slab.counts()) == {"c", "b"}


def test_the_slab_grows_and_counts_every_account() -> None:
    """Far past its first capacity each account keeps its own row."""
    slab = AccountSlab(DetectionSettings())
    names = [f"account {number}" for number in range(5_000)]
    touch(slab, names, [1] * 5_000, offset=0)
    touch(slab, names[::2], [1] * 2_500, offset=5_000)
    assert slab.counts() == {name: 1 + (number % 2 == 0) for number, name in enumerate(names)}
    assert len(slab) == 5_000
    row = slab.row_of("account 7")
    assert row is not None
    assert row["last_offset"] == 7
    assert slab.row_of("nobody") is None


def test_an_empty_batch_changes_nothing() -> None:
    """No events, no rows, no output."""
    slab = AccountSlab(DetectionSettings())
    update = touch(slab, [], [], offset=0)
    assert (update.applied, update.duplicates, len(update.traces), update.candidates) == (0, [], 0, [])
    assert slab.dump_dirty() == []


@pytest.mark.parametrize("damage", [b"", b"\x01", None], ids=["empty", "other version", "truncated"])
def test_a_row_that_cannot_be_read_names_the_mend(damage: bytes | None) -> None:
    """Another version or length is refused with the account, what was found and what to do."""
    slab = AccountSlab(DetectionSettings())
    touch(slab, ["acct"], [1], offset=0)
    (key, value), *_ = slab.dump_dirty()
    assert value is not None
    bad = value[:-1] if damage is None else damage + value[1:] if damage else b""
    with pytest.raises(ValueError, match=r"acct.*reset the changelog topic and replay"):
        AccountSlab(DetectionSettings()).load([(key, bad)])
    assert read_row(key, value)["events"] == 1


@pytest.mark.parametrize(("field", "value"), [("halving_events", 1), ("halving_events", 70_000), ("max_accounts", 0)])
def test_settings_that_rows_cannot_hold_are_refused(field: str, value: int) -> None:
    """The error names the field and its value."""
    with pytest.raises(ValueError, match=f"{field}: {value}"):
        AccountSlab(DetectionSettings(**{field: value}))
