"""A small synthetic day, from traces to alert records, compared byte for byte with what is committed."""

import os
from pathlib import Path

from models.alert import encode
from models.candidate import AccountCandidate, Candidate, Signal
from models.decide import Decision
from models.detection import DetectionSettings
from models.group import GroupTable
from models.trace import Link
from tests.models.group_weights import group_model
from tests.models.synthetic_traces import (
    DAY_MS,
    START_MS,
    account_day,
    campaign,
    days,
    in_order,
    own_business,
    private_items,
    public_items,
    run,
)

GOLDEN = Path(__file__).with_name("campaign_day.jsonl")

#: Set to 1 to write the file anew after an intended change; look at the difference before committing it.
UPDATE = "STILLWATCH_UPDATE_GOLDEN"


def loud_account() -> list[Candidate]:
    """Make a single account whose evidence grows during the morning."""
    signals = [Signal("volume", 860.0, 30.0, 5.0), Signal("end_users", 1.0, 1.0, 0.0)]
    return [
        AccountCandidate(
            account_id="loud",
            effective_ms=START_MS + hour * 3_600_000,
            position=hour * 40,
            evidence_nats=9.0 + hour,
            signals=[
                *signals,
                Signal("coverage_entropy", 4.1, 3.4, 4.0 + hour),
                Signal("output_tokens", 60.0, 200.0, -1.5),
            ],
            first_seen_ms=START_MS,
            last_seen_ms=START_MS + hour * 3_600_000,
            event_count=hour * 40,
            output_tokens=hour * 40 * 650,
        )
        for hour in range(1, 12)
    ]


def test_the_day_gives_exactly_these_alerts() -> None:
    """A loud account and a 30-account campaign with two anchors open, grow and close; innocent groups stay silent."""
    settings = DetectionSettings()
    shells = campaign(30) + campaign(30, key=8)
    payments = days(
        account_day(f"h{n:05}", private_items, requests=26, share=1.0, key=5, link=Link.PAYMENT) for n in range(30)
    )
    innocent = days(
        [account_day(f"e{n}", public_items(200), requests=200, share=1.0, key=3) for n in range(10)]
        + [account_day(f"v{n}", own_business(n, 0.3), requests=200, share=0.9, key=4) for n in range(20)]
    )
    groups = run(GroupTable(settings, group_model()), sorted(shells + payments + innocent))
    decision = Decision(settings, "golden")
    records = [record for candidate in in_order(groups, loud_account()) for record in decision.apply(candidate)]
    records += decision.advance(START_MS + 3 * DAY_MS)
    found = b"".join(encode(record) + b"\n" for record in records)
    if os.environ.get(UPDATE) == "1":
        GOLDEN.write_bytes(found)
    assert found == GOLDEN.read_bytes()
