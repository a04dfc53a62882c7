"""The command line around the notifiers: test pages, what doctor finds, settings that cannot work."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator

import pytest
from click.testing import CliRunner, Result

from streams.commands import main
from streams.notify.checks import check_notifiers
from streams.notify.configured import NOTIFIERS, configured
from streams.notify.notifier import MisconfiguredError
from streams.notify.trial import trial_notice
from streams.settings import SettingsError, load_settings
from tests.streams.notify.receivers import GRAFANA_TOKEN, ROUTING_KEY, GrafanaReceiver, PagerDutyReceiver, SlackReceiver


@pytest.fixture
def slack() -> Iterator[SlackReceiver]:
    """Run a receiver beside the command, which has an event loop of its own."""
    receiver = SlackReceiver()
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    asyncio.run_coroutine_threadsafe(receiver.start(), loop).result(10)
    yield receiver
    asyncio.run_coroutine_threadsafe(receiver.stop(), loop).result(10)
    loop.call_soon_threadsafe(loop.stop)
    thread.join(10)


def run(*arguments: str) -> Result:
    """Call the command line."""
    return CliRunner().invoke(main, list(arguments))


def test_a_test_page_is_sent_once_and_said_to_be_one(slack: SlackReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """``stillwatch notify --test slack`` pages with a mark that nobody misses, and says that it was taken."""
    monkeypatch.setenv("STILLWATCH_NOTIFY_SLACK_URL", slack.webhook)
    result = run("notify", "--test", "slack")
    assert (result.exit_code, result.output) == (0, "slack took the test page\n")
    (body,) = slack.bodies()
    assert body["text"].startswith(":information_source: [TEST]")


def test_a_test_page_that_does_not_arrive_is_a_failure(slack: SlackReceiver, monkeypatch: pytest.MonkeyPatch) -> None:
    """Exit status 1 and the receiver's words, without the secret address."""
    monkeypatch.setenv("STILLWATCH_NOTIFY_SLACK_URL", slack.webhook.replace("T000", "T999"))
    result = run("notify", "--test", "slack")
    assert result.exit_code == 1
    assert "no_service" in result.output
    assert "secret-of-the-test" not in result.output


@pytest.mark.parametrize("name", NOTIFIERS)
def test_what_is_not_configured_is_named(name: str) -> None:
    """A test of a notifier without settings says which one to set."""
    result = run("notify", "--test", name)
    assert result.exit_code == 1
    assert NOTIFIERS[name].upper() in result.output


def test_no_notifier_at_all_is_a_fault() -> None:
    """The process does not run for nobody: it names the settings, before it looks for a broker."""
    result = run("notify")
    assert result.exit_code == 1
    assert all(setting.upper() in result.output for setting in NOTIFIERS.values())


def test_the_doctor_checks_every_receiver(slack: SlackReceiver) -> None:
    """What is there is found, what is not comes with its mend, and nobody is paged."""
    settings = load_settings(
        notify_slack_url=slack.webhook,
        notify_pagerduty_url="http://127.0.0.1:9",
        notify_pagerduty_routing_key=ROUTING_KEY,
    )
    found = {one.notifier: one for one in check_notifiers(settings)}
    assert found["slack"].mend == ""
    assert "STILLWATCH_NOTIFY_PAGERDUTY_ROUTING_KEY" in found["pagerduty"].mend
    assert slack.taken == []


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"notify_slack_url": "hooks.slack.com/services/x"}, "notify_slack_url"),
        ({"notify_webhook_url": "https://user:password@example.org"}, "notify_webhook_url"),
        ({"notify_alertmanager_url": "https://user:password@example.org"}, "notify_alertmanager_url"),
        ({"notify_pagerduty_routing_key": "short"}, "notify_pagerduty_routing_key"),
        ({"notify_grafana_url": "https://grafana.example"}, "needs notify_grafana_token"),
        ({"notify_pages_per_minute": 0}, "notify_pages_per_minute"),
    ],
)
def test_settings_that_cannot_work(settings: dict[str, object], message: str) -> None:
    """Each fault is named at the start, without showing a secret."""
    with pytest.raises(SettingsError, match=message) as raised:
        load_settings(**settings)
    assert "password" not in str(raised.value)


def test_secrets_do_not_show() -> None:
    """Printing settings or notifiers reveals no key, token or secret address."""
    secrets = {
        "notify_slack_url": "https://hooks.example/secret-1",
        "notify_webhook_url": "https://hooks.example/secret-2",
        "notify_webhook_authorization": "Bearer secret-3",
        "notify_alertmanager_authorization": "Bearer secret-4",
        "notify_pagerduty_routing_key": "secret-5".ljust(32, "0"),
        "notify_grafana_token": "secret-6",
    }
    settings = load_settings(
        **secrets, notify_alertmanager_url="http://127.0.0.1:9", notify_grafana_url="http://127.0.0.1:9/grafana"
    )
    notifiers = configured(settings, lambda: 0)
    assert [notifier.name for notifier in notifiers] == list(NOTIFIERS)
    assert "secret-" not in repr(settings) + repr(notifiers)


async def test_grafana_below_a_path_is_reached() -> None:
    """A Grafana behind a prefix gets its requests below it."""
    receiver = GrafanaReceiver()
    (notifier,) = configured(
        load_settings(notify_grafana_url=f"{receiver.url}/ops", notify_grafana_token=GRAFANA_TOKEN), lambda: 0
    )
    assert notifier._api.client.url == f"{receiver.url}/ops/api"  # type: ignore[attr-defined]
    await notifier.close()


async def test_a_wrong_routing_key_is_for_a_person_to_mend() -> None:
    """PagerDuty answers it like a bad event; it must not refuse one alert after the other."""
    async with PagerDutyReceiver() as receiver:
        settings = load_settings(notify_pagerduty_url=receiver.url, notify_pagerduty_routing_key="f" * 32)
        (notifier,) = configured(settings, lambda: 0)
        with pytest.raises(MisconfiguredError, match="routing key"):
            await notifier.send(trial_notice(0))
        await notifier.close()
