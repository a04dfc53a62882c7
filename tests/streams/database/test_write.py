"""What a batch does to the store: once, in order, and with what stood there before."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import psycopg
import pytest

from models.alert import encode, timestamp
from models.record import DeadLetter, Reason
from streams import topics
from streams.database.errors import PositionError
from streams.database.positions import PositionMovedError, read_positions, skip_deleted
from streams.database.write import Stored
from tests.streams.database.records import (
    DAY_MS,
    NOW_MS,
    account,
    alert,
    candidates,
    fetched,
    fetched_alerts,
    group,
    log,
)

Put = Callable[..., Stored]


def rows(connection: psycopg.Connection, query: str) -> list[Any]:
    """Return the rows of a query, single columns bare."""
    found = connection.execute(query.encode()).fetchall()
    return [row[0] if len(row) == 1 else row for row in found]


def test_an_alert_stands_as_its_last_record_says(connection: psycopg.Connection, put: Put) -> None:
    """Records of one batch or of several leave the alert as the last one says, opened when the first one was."""
    opened, later = alert(kind="campaign"), timestamp(NOW_MS + 3_600_000)
    updated = alert(kind="campaign", sequence=1, state="update", severity="high", accounts=["b"], account_count=2)
    closed = msgspec.structs.replace(updated, sequence=2, state="closed", detected_at=later, accounts=[])
    put(fetched_alerts(opened, updated))
    put(fetched_alerts(closed, from_offset=2))
    standing = "SELECT state, severity, last_sequence, account_count, closed_at - opened_at FROM alert"
    ((state, severity, sequence, accounts, lasted),) = rows(connection, standing)
    assert (state, severity, sequence, accounts, lasted.total_seconds()) == ("closed", "high", 2, 2, 3_600.0)
    assert rows(connection, "SELECT account_id, sequence FROM campaign_member ORDER BY 2") == [("acct-7", 0), ("b", 1)]


def test_a_repeat_changes_nothing(connection: psycopg.Connection, put: Put) -> None:
    """The same records at later offsets, as after a worker's crash, are counted and passed over."""
    records = [alert(), alert(sequence=1, state="update", accounts=[])]
    put(fetched_alerts(*records))
    again = put(fetched_alerts(*records, from_offset=2))
    assert (again.repeats, again.refused) == (2, [])
    assert rows(connection, "SELECT sequence, log_offset FROM alert_record ORDER BY 1") == [(0, 0), (1, 1)]
    assert rows(connection, "SELECT next_offset FROM source_position WHERE topic = 'alerts.v1'") == [4]


@pytest.mark.parametrize("apart", [True, False])
@pytest.mark.parametrize("change", [{"score": 0.6}, {"accounts": ["other"]}, {"detected_at": timestamp(NOW_MS + 1)}])
def test_another_content_is_refused_by_both_names(
    connection: psycopg.Connection, put: Put, change: dict[str, Any], apart: bool
) -> None:
    """A record with a stored pair of alert_id and sequence but other content is kept out; the refusal names both."""
    first, second = alert(), alert(**change)
    if apart:
        put(fetched_alerts(first))
        stored = put(fetched_alerts(second, from_offset=1))
    else:
        stored = put(fetched_alerts(first, second))
    (refused,) = stored.refused
    assert (refused.reason, refused.log_offset) == ("conflict", 1)
    assert f"alert_id {'a' * 32} sequence 0" in refused.detail
    assert "offset 0, which is stored" in refused.detail
    assert rows(connection, "SELECT score, log_offset FROM alert_record") == [(0.52, 0)]
    assert rows(connection, "SELECT reason FROM refused_record") == ["conflict"]


def test_a_record_before_the_retention_that_comes_again_is_no_conflict(
    connection: psycopg.Connection, put: Put
) -> None:
    """Where the stored record's day is gone, a repeat is stored like new and does not set the alert back."""
    put(fetched_alerts(alert(), alert(sequence=1, state="update", detected_at=timestamp(NOW_MS + DAY_MS), accounts=[])))
    connection.execute("DROP TABLE alert_record_20260301")
    connection.execute("DELETE FROM partition_day WHERE parent = 'alert_record' AND day = '2026-03-01'")
    assert put(fetched_alerts(alert(), from_offset=2)).refused == []
    assert rows(connection, "SELECT last_sequence FROM alert") == [1]


def test_what_another_sink_stored_is_skipped(connection: psycopg.Connection, put: Put) -> None:
    """A batch that reaches back before the database's position adds only what lies beyond it."""
    put(fetched_alerts(alert(), alert(alert_id="b" * 32)))
    stored = put(fetched_alerts(alert(), alert(alert_id="b" * 32), alert(alert_id="c" * 32)))
    assert (stored.records[topics.ALERTS], stored.repeats) == (1, 0)
    assert len(rows(connection, "SELECT alert_id FROM alert")) == 3


def test_a_position_that_was_reset_is_not_jumped_over(connection: psycopg.Connection, put: Put) -> None:
    """A batch that begins after the database's position is not stored, for the records between would be lost."""
    with pytest.raises(PositionMovedError, match=r"alerts\.v1 partition 0: the database stands at 0, the batch begins"):
        put(fetched_alerts(alert(), from_offset=5))
    assert rows(connection, "SELECT alert_id FROM alert") == []


def test_records_that_kafka_deleted_are_skipped(connection: psycopg.Connection, put: Put) -> None:
    """After the position was moved past what is gone, the records that are left can be stored."""
    left = log(topics.ALERTS, first=5)
    assert read_positions(connection, [left]) == {(topics.ALERTS, 0): 0}
    skip_deleted(connection, left, 0)
    put(fetched_alerts(alert(), from_offset=5))
    assert read_positions(connection, [left]) == {(topics.ALERTS, 0): 6}


@pytest.mark.parametrize(
    ("found", "told"), [({"end": 1}, "stored up to offset 2, Kafka ends at 1"), ({"topic_id": "new"}, "topic id")]
)
def test_a_topic_made_anew_is_noticed(
    connection: psycopg.Connection, put: Put, found: dict[str, Any], told: str
) -> None:
    """Positions of another topic of the same name are an error with its mend, never a silent gap."""
    put(fetched_alerts(alert(), alert(alert_id="b" * 32)))
    with pytest.raises(PositionError, match=told):
        read_positions(connection, [log(topics.ALERTS, **found)])


def test_a_batch_counts_whole_or_not_at_all(
    connection: psycopg.Connection, put: Put, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failure between rows and positions leaves neither, and the same batch succeeds afterwards."""
    batch = fetched_alerts(alert())
    with monkeypatch.context() as patched:
        patched.setattr("streams.database.write.advance", fail)
        with pytest.raises(psycopg.OperationalError):
            put(batch)
    assert rows(connection, "SELECT count(*) FROM alert_record") == [0]
    put(batch)
    assert rows(connection, "SELECT count(*) FROM alert_record") == [1]


def fail(*_: object) -> None:
    """Fail as a connection does that is cut."""
    raise psycopg.OperationalError("the server closed the connection")


def test_a_window_keeps_the_last_look_and_the_peak(connection: psycopg.Connection, put: Put) -> None:
    """Of several looks in ten minutes the last counts, whatever batch it came in; the strongest evidence is kept."""
    looks = [account(position=n, evidence_nats=nats, event_count=n) for n, nats in ((10, 9.0), (20, 12.0), (30, 5.0))]
    put(fetched(topics.CANDIDATES, [candidates(*looks[:2])]))
    put(fetched(topics.CANDIDATES, [candidates(looks[2])], from_offset=1))
    put(fetched(topics.CANDIDATES, [candidates(looks[0])], from_offset=2))
    found = rows(connection, "SELECT event_count, evidence_nats, peak_evidence_nats FROM account_window")
    assert found == [(30, 5.0, 12.0)]


def test_a_groups_members_are_as_last_told(connection: psycopg.Connection, put: Put) -> None:
    """A later look adds and changes members and leaves those that it does not tell of."""
    first, later = group("a", "b"), group("b", "c", effective_ms=NOW_MS + 60_000, account_count=3)
    told = msgspec.structs.replace(later, members=[msgspec.structs.replace(m, uses=8) for m in later.members])
    put(fetched(topics.CANDIDATES, [candidates(first), candidates(told)]))
    members = rows(connection, "SELECT account_id, uses FROM group_member ORDER BY 1")
    assert members == [("a", 5), ("b", 8), ("c", 8)]
    standing = rows(connection, "SELECT account_count, effective_at - first_effective_at FROM anchor_group")
    assert [(count, lasted.total_seconds()) for count, lasted in standing] == [(3, 60.0)]
    assert rows(connection, "SELECT count(*) FROM group_window") == [2]


def test_feedback_within_the_candidates_is_no_candidate(connection: psycopg.Connection, put: Put) -> None:
    """Messages of verdicts in candidates.v1 are left to their own topic."""
    batch = fetched(topics.CANDIDATES, [b'{"verdict_id":"v"}'])
    keyed = msgspec.structs.replace(batch, records=[msgspec.structs.replace(batch.records[0], key=b"verdict")])
    assert put(keyed).refused == []
    assert rows(connection, "SELECT count(*) FROM verdict") == [0]


def test_the_first_of_two_verdicts_with_one_id_counts(connection: psycopg.Connection, put: Put) -> None:
    """A verdict_id or enforcement_id that was seen before is ignored, with the accounts that it lists."""
    verdict = {"verdict_id": "v", "alert_id": "a", "verdict": "expected", "scope": "accounts", "given_at": NOW_MS}
    first = verdict | {"account_ids": ["x", "y", "x"], "until": NOW_MS + DAY_MS, "note": "first"}
    second = verdict | {"account_ids": ["z"], "until": NOW_MS + DAY_MS, "note": "second"}
    put(fetched(topics.VERDICTS, [msgspec.json.encode(first), b"no verdict", msgspec.json.encode(second)]))
    put(fetched(topics.VERDICTS, [msgspec.json.encode(second)], from_offset=3))
    assert rows(connection, "SELECT note, account_count FROM verdict") == [("first", 2)]
    assert rows(connection, "SELECT account_id FROM verdict_account ORDER BY 1") == ["x", "y"]


def test_enforcement_is_stored_with_its_accounts(connection: psycopg.Connection, put: Put) -> None:
    """An enforcement has its action, reason and time, and one row an account."""
    ban = {"enforcement_id": "e", "account_ids": ["x", "y"], "action": "banned", "reason": "r", "imposed_at": NOW_MS}
    put(fetched(topics.ENFORCEMENT, [msgspec.json.encode(ban)]))
    assert rows(connection, "SELECT enforcement_id, action, reason, account_count FROM enforcement") == [
        ("e", "banned", "r", 2)
    ]
    assert rows(connection, "SELECT account_id FROM enforcement_account ORDER BY 1") == ["x", "y"]


def test_dead_letters_keep_their_coordinates(connection: psycopg.Connection, put: Put) -> None:
    """A dead letter that comes twice is one row, with field and reason and no content."""
    letter = DeadLetter("requests.v1", 3, 77, "$.input_tokens", Reason.WRONG_TYPE, "expected a number", NOW_MS)
    value = msgspec.json.encode(letter)
    put(fetched(topics.DEAD_LETTERS, [value, value]))
    put(fetched(topics.DEAD_LETTERS, [value], from_offset=2))
    found = rows(connection, "SELECT topic, partition, log_offset, field, reason FROM dead_letter")
    assert found == [("requests.v1", 3, 77, "$.input_tokens", "wrong_type")]


def test_one_candidate_that_no_row_can_hold_leaves_the_others(connection: psycopg.Connection, put: Put) -> None:
    """Of a message of candidates all that fit are stored, and the message is told as refused, once."""
    value = candidates(account("a", output_tokens=2**63), account("b"), group("c", event_count=2**63), account("d"))
    stored = put(fetched(topics.CANDIDATES, [value]))
    assert [(row.log_offset, row.reason) for row in stored.refused] == [(0, "out_of_range")]
    assert rows(connection, "SELECT account_id FROM account_window ORDER BY 1") == ["b", "d"]
    assert rows(connection, "SELECT count(*) FROM anchor_group") == [0]


def test_an_unreadable_record_does_not_stop_the_others(connection: psycopg.Connection, put: Put) -> None:
    """What cannot be read or held is refused with its coordinates, and everything around it is stored."""
    far = encode(alert(alert_id="b" * 32, output_tokens=2**63))
    stored = put(fetched(topics.ALERTS, [encode(alert()), b"{", b"", far, encode(alert(alert_id="c" * 32))]))
    assert [(row.log_offset, row.reason) for row in stored.refused] == [
        (1, "unreadable"),
        (2, "unreadable"),
        (3, "out_of_range"),
    ]
    assert len(rows(connection, "SELECT alert_id FROM alert")) == 2
