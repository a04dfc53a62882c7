from __future__ import annotations

import json

import msgspec
import pytest

from models.event import Event
from streams.schema import (
    EVENT_PAGE,
    RECORD_TYPES,
    SCHEMA_FOLDER,
    SETTINGS_PAGE,
    event_table,
    schema_text,
    settings_page,
    with_table,
)


@pytest.mark.parametrize("topic", RECORD_TYPES)
def test_committed_schemas_are_those_of_the_types(topic: str) -> None:
    """Run ``python -m streams.schema`` when this fails, and look at what the change does to readers."""
    assert (SCHEMA_FOLDER / f"{topic}.json").read_text(encoding="utf-8") == schema_text(topic)


def test_no_schema_is_left_over() -> None:
    """Every committed schema belongs to a record type."""
    assert {f"{topic}.json" for topic in RECORD_TYPES} == {path.name for path in SCHEMA_FOLDER.glob("*.json")}


@pytest.mark.parametrize("topic", RECORD_TYPES)
def test_a_record_type_has_a_version_and_a_description(topic: str) -> None:
    """A reader can tell what it reads, and from which version on."""
    schema = json.loads(schema_text(topic))
    record_type = RECORD_TYPES[topic]
    definition = schema["$defs"][record_type.__name__]
    assert "schema_version" in definition["properties"]
    assert definition["description"]
    assert ">>>" not in definition["description"]


def test_every_field_of_the_event_is_described() -> None:
    """The table has a row with a meaning for each field."""
    rows = event_table().splitlines()[2:]
    assert len(msgspec.structs.fields(Event)) == len(rows)
    assert all(row.split(" | ")[-1].removesuffix(" |").strip() for row in rows)


def test_the_event_page_holds_the_current_table() -> None:
    """Run ``python -m streams.schema`` when this fails."""
    page = EVENT_PAGE.read_text(encoding="utf-8")
    assert with_table(page) == page


def test_the_settings_page_is_current() -> None:
    """Run ``python -m streams.schema`` when this fails."""
    assert settings_page() == SETTINGS_PAGE.read_text(encoding="utf-8")


def test_a_page_without_marks_is_refused() -> None:
    """The table never lands in the wrong place."""
    with pytest.raises(ValueError, match="put both lines"):
        with_table("# The request event\n")


def test_the_example_of_the_event_page_is_an_event() -> None:
    """What a reader copies from the page decodes."""
    page = EVENT_PAGE.read_text(encoding="utf-8")
    example = page.split("```json\n")[1].split("```")[0]
    assert msgspec.json.decode(example.encode(), type=Event).account_id == "acct-17"
