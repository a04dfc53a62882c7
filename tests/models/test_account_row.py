from __future__ import annotations

import numpy as np

from models.account_row import ACCOUNT_ROW, Status, blank_rows, evidence_of
from models.features import CELL_COUNT


def test_a_row_stays_within_its_budget() -> None:
    """One account costs at most 1,750 bytes, without gaps between fields."""
    sizes = [ACCOUNT_ROW[name].itemsize for name in ACCOUNT_ROW.names or ()]
    assert ACCOUNT_ROW.itemsize <= 1_750
    assert ACCOUNT_ROW.itemsize == sum(sizes)


def test_fields_are_naturally_aligned() -> None:
    """Every field starts at a multiple of its element's size, in a row whose size is a multiple of 8."""
    for field in (ACCOUNT_ROW.fields or {}).values():
        assert field[1] % field[0].base.itemsize == 0
    assert ACCOUNT_ROW.itemsize % 8 == 0


def test_the_first_byte_is_the_version() -> None:
    """A row's bytes begin with its version, so that a reader can refuse before it parses."""
    assert blank_rows(2)[1].tobytes()[0] == 2


def test_a_blank_row_has_seen_nothing() -> None:
    """Offset 0 is still to come, and there is no evidence, which is not evidence of 0."""
    row = blank_rows(1)[0]
    assert (row["last_offset"], row["events"], row["status"]) == (-1, 0, Status.WARMING_UP)
    assert evidence_of(row) is None
    assert row["cell_counts"].shape == (CELL_COUNT,)


def test_evidence_of_a_judged_row_is_a_number() -> None:
    """Once judged, evidence of 0 is 0 and not None."""
    row = blank_rows(1)[0]
    row["status"] = Status.JUDGED
    assert evidence_of(row) == 0.0
    assert isinstance(evidence_of(row), float)
    assert not np.isnan(row["evidence_nats"])
