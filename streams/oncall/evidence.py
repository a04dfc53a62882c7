"""What leaves the house: a campaign's account ids for the enforcement team, and an alert's evidence in one file."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Sequence
from datetime import datetime
from hashlib import sha256
from importlib.metadata import version
from typing import Any

import msgspec
import psycopg

from models.alert import encode
from streams.database.alert_queries import read_records
from streams.database.campaign_queries import CampaignMember, campaign_members
from streams.oncall.judgement import judgement
from streams.oncall.sheet import read_sheet

_COLUMNS = ("account_id", "part", "named_at", "uses", "event_count", "output_tokens", "evidence_nats", "enforced")

#: Zip files keep times from 1980 on; a fixed one makes the same evidence the same bytes.
_ZIP_TIME = (1980, 1, 1, 0, 0, 0)


def accounts_csv(members: Sequence[CampaignMember]) -> str:
    """The accounts as CSV, one a line, in the order given; ids are exactly the gateway's."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for member in members:
        row = [getattr(member, name) for name in _COLUMNS]
        writer.writerow([each.isoformat() if isinstance(each, datetime) else each for each in row])
    return text.getvalue()


def evidence_bundle(connection: psycopg.Connection, alert_id: str, exported_by: str) -> bytes:
    """A zip file with everything the store holds of an alert: JSON and CSV, and a manifest with their SHA-256.

    No prompt text: the store has none. Raises ``AlertNotFoundError``.
    """
    sheet = read_sheet(connection, alert_id)
    records = read_records(connection, alert_id)
    members = campaign_members(connection, alert_id)
    parts: dict[str, Any] = {
        "standing.json": sheet.standing,
        "judgement.json": judgement(sheet.last_record),
        "links.json": sheet.links,
        "members.json": members,
        "related.json": sheet.related,
        "verdicts.json": sheet.verdicts,
        "enforcement.json": sheet.enforcement,
        "audit_trail.json": sheet.actions,
        "history.json": sheet.history,
    }
    files = {name: msgspec.json.format(msgspec.json.encode(value)) + b"\n" for name, value in parts.items()}
    files["records.jsonl"] = b"".join(encode(record) + b"\n" for record in records)
    files["accounts.csv"] = accounts_csv(members).encode()
    manifest = {
        "alert_id": alert_id,
        "exported_by": exported_by,
        "stillwatch_version": version("stillwatch"),
        "model_version": sheet.last_record.model_version,
        "config_hash": sheet.last_record.config_hash,
        "note": "Campaign merges and splits are people's rulings; the detector knows nothing of them.",
        "sha256": {name: sha256(content).hexdigest() for name, content in sorted(files.items())},
    }
    files["manifest.json"] = msgspec.json.format(msgspec.json.encode(manifest)) + b"\n"
    return _zip(files)


def _zip(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()
