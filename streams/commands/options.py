"""What several commands share: reading settings and feedback, and telling faults the way click does."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click

from models.verdict import Feedback
from streams.settings import Settings, SettingsError, load_settings


def settings_or_exit(**overrides: Any) -> Settings:
    """The settings, or a click error that names each fault and its mend."""
    try:
        return load_settings(**overrides)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def feedback_or_exit(verdicts: Iterable[Path], enforcement: Iterable[Path]) -> list[Feedback]:
    """The records of files of verdicts and enforcement, or a click error that names the line."""
    from streams.feedback_file import read_files  # noqa: PLC0415 - other commands need not wait for it

    try:
        return read_files(verdicts, enforcement)
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error


def unreachable(settings: Settings, error: Exception) -> click.ClickException:
    """A click error for a broker that did not answer as it should."""
    return click.ClickException(
        f"kafka_bootstrap_servers={settings.kafka_bootstrap_servers}: {error}; is the broker up, are the security "
        "settings right?"
    )
