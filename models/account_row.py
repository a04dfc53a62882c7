"""The state of one account: a fixed-size row, the same bytes in memory and in the changelog."""

from __future__ import annotations

from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from models.features import CELL_COUNT

#: First byte of every row; a row with another is refused.
ROW_VERSION = 2

RECENT_EVENTS = 64
CONTENT_REGISTERS = 128
END_USER_REGISTERS = 64
SHELL_SLOTS = 30
ADDRESS_SLOTS = 4
PAYMENT_SLOTS = 2


class Status(IntEnum):
    """Whether an account has been judged. No evidence is not the same as evidence of nothing."""

    WARMING_UP = 0
    """Too few events with content so far; ``evidence_nats`` has no meaning yet."""
    JUDGED = 1
    """``evidence_nats`` is as of the last checkpoint."""


#: One account, 1,744 bytes, naturally aligned (widest fields first after the leading 8 bytes). Counts that say
#: "fading" are halved together whenever ``cell_total`` reaches ``halving_events``; the others count for ever.
#: All-zero fields but ``version`` and ``last_offset`` (-1) are the row of an account without events.
ACCOUNT_ROW = np.dtype(
    [
        ("version", np.uint8),  # ROW_VERSION, the first byte of the changelog value
        ("status", np.uint8),  # Status
        ("cell_total", np.uint16),  # sum of cell_counts
        ("recent_at", np.uint32),  # slot of recent_ids written next, 0 to 63
        ("events", np.int64),  # events applied, exact; duplicates left out
        ("last_offset", np.int64),  # offset of the last event applied or found a duplicate, -1 before the first
        ("first_seen_ms", np.int64),  # least effective time (epoch ms)
        ("last_seen_ms", np.int64),  # greatest effective time (epoch ms); anchors active_hours and events_per_day
        ("last_event_ms", np.int64),  # own time of the event applied last (epoch ms)
        ("input_tokens", np.int64),  # sum over all events
        ("output_tokens", np.int64),  # sum over all events
        ("log_inputs", np.int64),  # these six: over all events, models.stats.spread and rhythm
        ("log_inputs_squared", np.int64),
        ("log_outputs", np.int64),
        ("log_outputs_squared", np.int64),
        ("hour_cosines", np.int64),
        ("hour_sines", np.int64),
        ("active_hours", np.uint64),  # bit i: an event in the i-th hour before that of last_seen_ms
        ("events_per_day", np.float64),  # fading by a factor e a day, as of last_seen_ms
        ("evidence_nats", np.float64),  # as of the last checkpoint; no meaning while WARMING_UP
        ("emitted_nats", np.float64),  # evidence of the last candidate
        ("emitted_ms", np.int64),  # effective time of the last candidate (epoch ms)
        ("fading_output_tokens", np.int64),  # sum over the fading events
        ("content_events", np.uint32),  # events with content
        ("checkpoint", np.uint32),  # content_events at which evidence is weighed next; 0: at warm-up
        ("emitted_content_events", np.uint32),  # content_events at the last candidate, 0 before the first
        ("fading_events", np.uint32),  # fading: all events
        ("fading_multi_turn", np.uint32),  # fading: of them, past a conversation's first turn
        ("fading_elicitation", np.uint32),  # fading: asking for reasoning
        ("fading_format", np.uint32),  # fading: asking for a machine-readable format
        ("fading_refused", np.uint32),  # fading: refused
        ("fading_tools", np.uint32),  # fading: with tools
        ("fading_end_user", np.uint32),  # fading: naming an end user
        ("recent_ids", np.uint64, (RECENT_EVENTS,)),  # ring of event_id hashes, 0: empty
        ("shell_tags", np.uint32, (SHELL_SLOTS,)),  # these four: models.stats.anchors
        ("address_tags", np.uint32, (ADDRESS_SLOTS,)),
        ("payment_tags", np.uint32, (PAYMENT_SLOTS,)),
        ("cell_counts", np.uint16, (CELL_COUNT,)),  # fading: events by semantic cell
        ("shell_contents", np.uint16, (SHELL_SLOTS,)),
        ("shell_uses", np.uint16, (SHELL_SLOTS,)),
        ("address_contents", np.uint16, (ADDRESS_SLOTS,)),
        ("address_uses", np.uint16, (ADDRESS_SLOTS,)),
        ("payment_contents", np.uint16, (PAYMENT_SLOTS,)),
        ("payment_uses", np.uint16, (PAYMENT_SLOTS,)),
        ("shell_ranks", np.uint8, (SHELL_SLOTS,)),
        ("address_ranks", np.uint8, (ADDRESS_SLOTS,)),
        ("payment_ranks", np.uint8, (PAYMENT_SLOTS,)),
        ("content_registers", np.uint8, (CONTENT_REGISTERS,)),  # HyperLogLog of contents
        ("end_user_registers", np.uint8, (END_USER_REGISTERS,)),  # HyperLogLog of end users
        ("unused", np.uint8, (4,)),  # zeros: bytes between fields are copied with none, and would hold stray memory
    ],
    align=True,
)

Rows = npt.NDArray[np.void]

#: One element of a structured array inside a kernel: numpy's types know no fields.
Record = Any


def blank_rows(count: int) -> Rows:
    """``count`` rows of accounts without events."""
    rows = np.zeros(count, dtype=ACCOUNT_ROW)
    rows["version"] = ROW_VERSION
    rows["last_offset"] = -1
    return rows


def evidence_of(row: np.void) -> float | None:
    """Evidence of a row as of its last checkpoint (nats), ``None`` while it warms up."""
    return float(row["evidence_nats"]) if row["status"] == Status.JUDGED else None
