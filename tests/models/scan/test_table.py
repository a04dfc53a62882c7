"""What the kernels know of the event must be what its definition says."""

from __future__ import annotations

import pytest

from models.event import LAST_INSTANT_MS, Event
from models.scan.table import SLOTS, Kind, event_table, name_hash, number_of


@pytest.mark.parametrize("name", Event.__struct_fields__)
def test_every_field_is_found_under_its_name(name: str) -> None:
    """From the slot of its hash on, before an empty one."""
    table, number = event_table(), number_of(name)
    slot = name_hash(name.encode())
    while table.slots[slot] != number:
        assert table.slots[slot] >= 0
        slot = (slot + 1) % SLOTS
    written = table.names[number].astype("<u8").tobytes()[: int(table.sizes[number])]
    assert written == f'"{name}"'.encode()


@pytest.mark.parametrize(
    ("name", "kind", "least", "most", "required"),
    [
        ("schema_version", Kind.INTEGER, 1, 1, True),
        ("account_id", Kind.STRING, 1, 256, True),
        ("event_time", Kind.INSTANT, 0, LAST_INSTANT_MS, True),
        ("max_tokens", Kind.INTEGER, -1, 2**40, False),
        ("top_p", Kind.DECIMAL, 0, 1, False),
        ("logprobs", Kind.BOOL_OR_INTEGER, 0, 2**31 - 1, False),
        ("finish_reasons", Kind.STRINGS, 128, 1_024, False),
        ("refused", Kind.BOOL, 0, 1, False),
    ],
)
def test_kinds_and_bounds_are_those_of_the_declared_types(
    name: str, kind: Kind, least: int, most: int, required: bool
) -> None:
    """One field of each kind."""
    table, number = event_table(), number_of(name)
    assert (Kind(table.kinds[number]), int(table.least[number]), int(table.most[number])) == (kind, least, most)
    assert bool(int(table.required) >> number & 1) == required


def test_only_what_has_no_kernel_is_left_whole() -> None:
    """Embeddings and free extensions."""
    left = {name for name in Event.__struct_fields__ if event_table().kinds[number_of(name)] == Kind.OTHER}
    assert left == {"prompt_embedding", "ext"}
