"""The traces one event leaves: anchors its account used again with different content."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from numba import njit

from models.account_row import Record
from models.habits import habits_of
from models.stats.anchors import Ranks, Shorts, Tags, admit, count_use
from models.trace import Link

#: New shells an event may put into the account's slots, least hashes first: of a shared template every account then
#: keeps the same few, and five events' shells are remembered at once.
SHELLS_ADMITTED = 6

#: Shell traces an event may leave, least hashes first for the same reason.
SHELLS_TRACED = 4

#: Most traces of one event: shells, payment, address.
TRACES_PER_EVENT = SHELLS_TRACED + 2

Array = npt.NDArray[np.void]
Hashes = npt.NDArray[np.uint64]

_SHELL, _PAYMENT, _ADDRESS = int(Link.SHELL), int(Link.PAYMENT), int(Link.ADDRESS)
_LOW_32, _LOW_16 = np.uint64(0xFFFF_FFFF), np.uint64(0xFFFF)
_NO_HASH, _ONE = np.uint64(0), np.uint64(1)
_MOST_SHORT = 65_535


@njit(cache=True)
def is_milestone(uses: int) -> bool:
    """Whether a trace is due at this many uses of a shell: 2, 3, 4, 6, 8, 12, 16, 24 and so on."""
    if uses < 2:
        return False
    while uses % 2 == 0:
        uses //= 2
    return uses in (1, 3)


@njit(cache=True)
def is_sparse_milestone(uses: int) -> bool:
    """Whether a trace is due at this many uses of a payment or an address: 2, 4, 8, 16 and so on.

    Every request carries both, so they would leave most traces by far, and they weigh less than a shell.
    """
    return uses >= 2 and uses & (uses - 1) == 0


@njit(cache=True)
def sort_shells(shells: Hashes, ascending: Hashes) -> int:
    """Write an event's shells to ``ascending`` in order, without zeros and repeats; returns how many."""
    # Each is put where its rank says, and then moved up over zeros and repeats: no branch to be guessed.
    for index in range(shells.size):
        rank = 0
        for other in range(shells.size):
            before = shells[other] < shells[index] or (shells[other] == shells[index] and other < index)
            rank += 1 if before else 0
        ascending[rank] = shells[index]
    count, last = 0, _NO_HASH
    for index in range(shells.size):
        shell = ascending[index]
        ascending[count] = shell
        count += 1 if shell != last else 0
        last = shell
    return count


@njit(cache=True)
def _short(identity: np.uint64, mask: np.uint64) -> np.uint64:
    """Keep the low bits of a hash; 0 still means that there was none."""
    return identity if identity == _NO_HASH else max(identity & mask, _ONE)


@njit(cache=True)
def _write(
    trace: Record,
    row: Record,
    event: Record,
    times: tuple[int, int],
    key: np.uint64,
    uses: int,
    link: int,
    content: np.uint64,
) -> None:
    trace.key = key
    trace.effective_s = times[0] // 1_000
    trace.effective_rest_ms = times[0] % 1_000
    trace.offset = np.uint32(np.uint64(times[1]) & _LOW_32)
    trace.content = content & _LOW_32
    trace.uses = uses
    trace.account = 0
    trace.events = min(_MOST_SHORT, row.events)
    trace.output_tokens = min(_MOST_SHORT, max(0, event.output_tokens))
    trace.organization = _short(event.organization, _LOW_16)
    trace.cell = max(0, event.cell)
    trace.link = link
    trace.flags = event.flags & 0xFF


@njit(cache=True)
def _trace_shells(
    row: Record, event: Record, times: tuple[int, int], scratch: Hashes, traces: Array, at: int
) -> tuple[int, int, np.uint64, np.uint64]:
    """Trace the event's shells; also tell how many of them the account knew, and the least two of those."""
    tags, contents, uses_kept, ranks = row.shell_tags, row.shell_contents, row.shell_uses, row.shell_ranks
    count = sort_shells(event.shells, scratch)
    limit = at + SHELLS_TRACED
    unknown, known = 0, 0
    least, second = _NO_HASH, _NO_HASH
    for index in range(count):
        shell = scratch[index]
        uses = count_use(tags, contents, uses_kept, ranks, shell, event.content)
        if uses < 0:
            scratch[unknown] = shell
            unknown += 1
            continue
        known += 1
        if known == 1:
            least = shell
        elif known == 2:
            second = shell
        if at < limit and is_milestone(uses):
            _write(traces[at], row, event, times, shell, uses, _SHELL, event.content)
            at += 1
    for index in range(min(unknown, SHELLS_ADMITTED)):
        admit(tags, contents, uses_kept, ranks, scratch[index], event.content)
    return at, known, least, second


@njit(cache=True)
def _trace_single(
    row: Record,
    event: Record,
    times: tuple[int, int],
    key: np.uint64,
    link: int,
    content: np.uint64,
    slots: tuple[Tags, Shorts, Shorts, Ranks],
    traces: Array,
    at: int,
) -> int:
    tags, contents, uses_kept, ranks = slots
    if key == _NO_HASH:
        return at
    uses = count_use(tags, contents, uses_kept, ranks, key, content)
    if uses < 0:
        admit(tags, contents, uses_kept, ranks, key, content)
    elif is_sparse_milestone(uses):
        _write(traces[at], row, event, times, key, uses, link, content)
        return at + 1
    return at


@njit(cache=True)
def trace_event(
    row: Record, event: Record, effective_ms: int, offset: int, scratch: Hashes, traces: Array, at: int
) -> int:
    """Count the uses of the event's anchors in its account's row and write the traces due from ``traces[at]`` on.

    Without content nothing tells a repeated request from another, so each counts as different by its own id.
    ``scratch`` has ``SHELLS_PER_EVENT`` places. Returns where the next trace goes: at most ``TRACES_PER_EVENT`` on.
    """
    times = (effective_ms, offset)
    first, known, least, second = at, 0, _NO_HASH, _NO_HASH
    content = event.content
    if content != _NO_HASH:
        at, known, least, second = _trace_shells(row, event, times, scratch, traces, at)
    else:
        content = event.event_id
    payments = (row.payment_tags, row.payment_contents, row.payment_uses, row.payment_ranks)
    at = _trace_single(row, event, times, event.payment, _PAYMENT, content, payments, traces, at)
    addresses = (row.address_tags, row.address_contents, row.address_uses, row.address_ranks)
    at = _trace_single(row, event, times, event.address, _ADDRESS, content, addresses, traces, at)
    habits = habits_of(row) if at > first else 0
    for index in range(first, at):
        traces[index].habits = habits
        traces[index].known_shells = known
        traces[index].companion = _short(second if traces[index].key == least else least, _LOW_16)
    return at
