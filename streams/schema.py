"""JSON Schemas of the record types, the event's table of fields and the settings page, written from the Python types.

``python -m streams.schema`` brings the committed files up to date; a test fails while they are not.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from typing import Any

import msgspec
from pydantic import SecretStr

from models.alert import Alert
from models.candidate import CandidateBatch
from models.detection import DetectionSettings
from models.event import LAST_INSTANT_MS, Event
from models.record import DeadLetter
from models.verdict import Enforcement, Verdict
from streams.notify.notification import Notification
from streams.settings import Settings

#: Record types that are JSON, by topic (without its prefix). The others are packed: ``models.trace`` describes them.
RECORD_TYPES: dict[str, type[msgspec.Struct]] = {
    "requests.v1": Event,
    "dead-letters.v1": DeadLetter,
    "candidates.v1": CandidateBatch,
    "verdicts.v1": Verdict,
    "enforcement.v1": Enforcement,
    "alerts.v1": Alert,
    "alert-state.v1": Alert,
    "notifications.v1": Notification,
}

SCHEMA_FOLDER = Path(__file__).parent / "schemas"
EVENT_PAGE = Path(__file__).parents[1] / "docs" / "event.md"
SETTINGS_PAGE = Path(__file__).parents[1] / "docs" / "settings.md"

_BEGIN = "<!-- fields: written by streams/schema.py -->\n"
_END = "<!-- end of fields -->\n"
_Schema = dict[str, Any]


def schema_text(topic: str) -> str:
    """Return the JSON Schema (draft 2020-12) of ``topic``'s record type, as its file holds it."""
    schema: _Schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:stillwatch:{topic}",
        **msgspec.json.schema(RECORD_TYPES[topic]),
    }
    for definition in schema["$defs"].values():
        if "description" in definition:
            definition["description"] = _prose(definition["description"])
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _prose(docstring: str) -> str:
    """Return a docstring without its examples and its line breaks."""
    return " ".join(inspect.cleandoc(docstring).split(">>>", maxsplit=1)[0].split())


def event_table() -> str:
    """Return the event's fields as a Markdown table: name, type and range, whether required, meaning."""
    definition: _Schema = msgspec.json.schema(Event)["$defs"]["Event"]
    required = set(definition["required"])
    rows = ["| field | type | required | meaning |", "|---|---|---|---|"]
    for name, field in definition["properties"].items():
        mark = "yes" if name in required else ""
        rows.append(f"| `{name}` | {_kind(field)} | {mark} | {field['description']} |")
    return "\n".join(rows) + "\n"


def _kind(field: _Schema) -> str:
    """Say a field's type and range in words."""
    if "anyOf" in field:
        return " or ".join(_kind(choice) for choice in field["anyOf"] if choice.get("type") != "null")
    if "enum" in field:
        return ", ".join(str(member) for member in field["enum"])
    kind: str = field["type"]
    if kind == "array":
        return f"{_extent(field, 'Items')} × {_kind(field['items'])}".strip()
    if kind == "string":
        words = "RFC 3339" if field.get("format") == "date-time" else "string"
        return f"{words} {_extent(field, 'Length')}".strip()
    if "minimum" not in field:
        return kind
    if field["maximum"] == LAST_INSTANT_MS:
        return "epoch milliseconds"
    return f"{kind} {_number(field['minimum'])} … {_number(field['maximum'])}"


def _extent(field: _Schema, of: str) -> str:
    low, high = field.get(f"min{of}"), field.get(f"max{of}")
    if high is None:
        return ""
    return f"≤ {high}" if low is None else f"{low} … {high}"


def _number(value: float) -> str:
    """Write large limits as the powers they are."""
    if isinstance(value, float) and abs(value) >= 1e6:
        return f"{value:.0e}".replace("e+", "e").replace("e0", "e")
    for power in (31, 32, 40, 63):
        if value in (2**power, 2**power - 1, -(2**power)):
            return f"{'-' if value < 0 else ''}2^{power}{' - 1' if value == 2**power - 1 else ''}"
    return f"{value:g}"


def with_table(page: str) -> str:
    """Return ``page`` with the event's current table between its two marks; ``ValueError`` without the marks."""
    if _BEGIN not in page or _END not in page:
        raise ValueError(f"event page: no {_BEGIN.strip()!r} and {_END.strip()!r}; put both lines where the table goes")
    head, rest = page.split(_BEGIN, maxsplit=1)
    _, tail = rest.split(_END, maxsplit=1)
    return f"{head}{_BEGIN}\n{event_table()}\n{_END}{tail}"


def settings_page() -> str:
    """Return the page of all settings, written from their types."""
    rows = ["| environment variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        if name != "detection":
            rows.append(f"| `STILLWATCH_{name.upper()}` | {_default(field.default)} | {field.description} |")
    deciding = ["| environment variable | default | meaning |", "|---|---|---|"]
    definition: _Schema = msgspec.json.schema(DetectionSettings)["$defs"]["DetectionSettings"]
    for name, field in definition["properties"].items():
        meaning = f"{field['description']} {_range(field)}".strip()
        deciding.append(f"| `STILLWATCH_DETECTION__{name.upper()}` | `{field['default']}` | {meaning} |")
    table, decides = "\n".join(rows), "\n".join(deciding)
    return f"""# Settings

Environment variables, or the same names in lower case without the prefix in the TOML file that `STILLWATCH_CONFIG`
names (settings that decide in its table `[detection]`). The environment wins. `stillwatch doctor` checks them.

## Of a deployment

{table}

## That decide

The same on every worker and in replay. Every alert carries their hash (`config_hash`).

{decides}
"""


def _default(value: object) -> str:
    shown = value.get_secret_value() if isinstance(value, SecretStr) else value
    return "" if shown is None else f"`{shown}`"


def _range(field: _Schema) -> str:
    low = field.get("minimum", field.get("exclusiveMinimum"))
    high = field.get("maximum")
    return f"({low:,} to {high:,})" if high is not None else f"(from {low:,})" if low else ""


def main() -> None:
    """Write every schema file, the table in the event page and the settings page."""
    for topic in RECORD_TYPES:
        (SCHEMA_FOLDER / f"{topic}.json").write_text(schema_text(topic), encoding="utf-8")
    EVENT_PAGE.write_text(with_table(EVENT_PAGE.read_text(encoding="utf-8")), encoding="utf-8")
    SETTINGS_PAGE.write_text(settings_page(), encoding="utf-8")


if __name__ == "__main__":
    main()
