"""What several commands share: reading the settings, and telling faults the way click does."""

from __future__ import annotations

from typing import Any

import click

from streams.settings import Settings, SettingsError, load_settings


def settings_or_exit(**overrides: Any) -> Settings:
    """The settings, or a click error that names each fault and its mend."""
    try:
        return load_settings(**overrides)
    except SettingsError as error:
        raise click.ClickException(str(error)) from error


def unreachable(settings: Settings, error: Exception) -> click.ClickException:
    """A click error for a broker that did not answer as it should."""
    return click.ClickException(
        f"kafka_bootstrap_servers={settings.kafka_bootstrap_servers}: {error}; is the broker up, are the security "
        "settings right?"
    )
