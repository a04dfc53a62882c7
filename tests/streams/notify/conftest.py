"""Fixtures of the notifiers' tests."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from streams.notify.configured import configured
from streams.notify.notifier import Notifier
from streams.settings import load_settings
from tests.streams.notify.alerts import NOON_MS
from tests.streams.notify.receivers import AUTHORIZATION, GRAFANA_TOKEN, ROUTING_KEY, Receiver, SlackReceiver


def settings_for(name: str, receiver: Receiver) -> dict[str, Any]:
    """Settings that lead one notifier to a local receiver."""
    shared = {"dashboards_url": "https://grafana.example/ops", "runbooks_url": "https://docs.example"}
    return (
        shared
        | {
            "webhook": lambda: {"notify_webhook_url": receiver.url, "notify_webhook_authorization": AUTHORIZATION},
            "pagerduty": lambda: {"notify_pagerduty_url": receiver.url, "notify_pagerduty_routing_key": ROUTING_KEY},
            "slack": lambda: {"notify_slack_url": receiver.webhook if isinstance(receiver, SlackReceiver) else ""},
            "grafana": lambda: {"notify_grafana_url": receiver.url, "notify_grafana_token": GRAFANA_TOKEN},
            "alertmanager": lambda: {"notify_alertmanager_url": receiver.url},
        }[name]()
    )


@pytest.fixture
async def notifier_for() -> AsyncIterator[Callable[..., Notifier]]:
    """Make notifiers that lead to local receivers; their connections end with the test."""
    made: list[Notifier] = []

    def make(name: str, receiver: Receiver, **settings: Any) -> Notifier:
        (notifier,) = configured(load_settings(**settings_for(name, receiver), **settings), lambda: NOON_MS)
        made.append(notifier)
        return notifier

    yield make
    for notifier in made:
        await notifier.close()
