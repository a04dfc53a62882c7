"""The settings object."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from streams.settings import SettingsError, load_settings


@pytest.fixture(autouse=True)
def _no_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Start from an environment without settings."""
    for name in list(os.environ):
        if name.startswith("STILLWATCH_"):
            monkeypatch.delenv(name)


def test_the_environment_wins_over_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A value in the environment replaces that of the TOML file; the rest of the file stands."""
    path = tmp_path / "stillwatch.toml"
    path.write_text('group_id = "from-file"\nflush_interval_s = 7\n[detection]\npartitions = 12\n')
    monkeypatch.setenv("STILLWATCH_CONFIG", str(path))
    monkeypatch.setenv("STILLWATCH_GROUP_ID", "from-environment")
    settings = load_settings()
    assert (settings.group_id, settings.flush_interval_s, settings.decides.partitions) == ("from-environment", 7.0, 12)


def test_deciding_settings_come_from_nested_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    """``STILLWATCH_DETECTION__NAME`` sets one field of the detection settings and changes their hash."""
    before = load_settings().decides.config_hash()
    monkeypatch.setenv("STILLWATCH_DETECTION__FALSE_PAGES_PER_WEEK", "0.1")
    settings = load_settings()
    assert settings.decides.false_pages_per_week == 0.1
    assert settings.decides.config_hash() != before


def test_other_settings_do_not_change_the_hash(monkeypatch: pytest.MonkeyPatch) -> None:
    """What does not decide is not in the hash that alerts carry."""
    before = load_settings().decides.config_hash()
    monkeypatch.setenv("STILLWATCH_FLUSH_INTERVAL_S", "9")
    assert load_settings().decides.config_hash() == before


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("STILLWATCH_WEB_PORT", "high", "web_port"),
        ("STILLWATCH_FLUSH_INTERVAL_S", "0", "flush_interval_s"),
        ("STILLWATCH_GROUP_ID", "two words", "group_id"),
        ("STILLWATCH_KAFKA_SECURITY_PROTOCOL", "SASL_SSL", "kafka_sasl_username"),
        ("STILLWATCH_KAFKA_SSL_CAFILE", "/no/such/file.pem", "no such file"),
        ("STILLWATCH_DETECTION__PARTITIONS", "0", "partitions"),
        ("STILLWATCH_DETECTION__WARM_UP_EVENTS", "many", "warm_up_events"),
        ("STILLWATCH_CONFIG", "/no/such/file.toml", "no such file"),
        ("STILLWATCH_GROUPID", "x", "did you mean STILLWATCH_GROUP_ID?"),
    ],
)
def test_a_fault_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, message: str) -> None:
    """A setting that cannot work stops the start with its name; a misspelt one is not ignored."""
    monkeypatch.setenv(name, value)
    with pytest.raises(SettingsError, match=message.replace("?", r"\?")):
        load_settings()


def test_secrets_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    """Printing the settings, as a log line would, reveals neither password nor key."""
    monkeypatch.setenv("STILLWATCH_KAFKA_SASL_PASSWORD", "open-sesame")
    monkeypatch.setenv("STILLWATCH_HASH_KEY", "the-key")
    shown = repr(load_settings())
    assert "open-sesame" not in shown
    assert "the-key" not in shown
