"""The notifiers that the settings ask for."""

from __future__ import annotations

from collections.abc import Callable

from pydantic import SecretStr

from streams.notify.alertmanager import Alertmanager
from streams.notify.notifier import Notifier
from streams.notify.pagerduty import PagerDuty
from streams.notify.slack import Slack
from streams.notify.webhook import Webhook
from streams.notify.wording import LinkBases
from streams.settings import Settings, SettingsError

#: Names of all there are, and the setting that turns each on.
NOTIFIERS = {
    "alertmanager": "notify_alertmanager_url",
    "webhook": "notify_webhook_url",
    "pagerduty": "notify_pagerduty_routing_key",
    "slack": "notify_slack_url",
    "grafana": "notify_grafana_url",
}


def configured(settings: Settings, clock: Callable[[], int]) -> list[Notifier]:
    """Make every notifier whose address or key is set; ``SettingsError`` if a package for one is missing."""
    links = LinkBases(dashboards=settings.dashboards_url, runbooks=settings.runbooks_url)
    made: list[Notifier] = []
    if settings.notify_alertmanager_url is not None:
        made.append(
            Alertmanager(
                settings.notify_alertmanager_url,
                deployment=settings.group_id,
                links=links,
                clock=clock,
                authorization=_revealed(settings.notify_alertmanager_authorization),
                repost_interval_s=settings.notify_alertmanager_repost_s,
            )
        )
    if url := _revealed(settings.notify_webhook_url):
        authorization = _revealed(settings.notify_webhook_authorization)
        pages = settings.notify_webhook_pages
        made.append(Webhook(url, deployment=settings.group_id, links=links, authorization=authorization, pages=pages))
    if key := _revealed(settings.notify_pagerduty_routing_key):
        made.append(PagerDuty(settings.notify_pagerduty_url, key, source=settings.group_id, links=links))
    if url := _revealed(settings.notify_slack_url):
        made.append(Slack(url, links=links))
    if settings.notify_grafana_url is not None:
        made.append(_grafana(settings, links))
    return made


def _grafana(settings: Settings, links: LinkBases) -> Notifier:
    from streams.notify.grafana_annotation import GrafanaAnnotation  # noqa: PLC0415 - an optional package

    try:
        return GrafanaAnnotation(
            settings.notify_grafana_url or "", _revealed(settings.notify_grafana_token) or "", links=links
        )
    except ImportError as error:
        raise SettingsError(
            f"notify_grafana_url is set, but the package grafana-client is not installed: {error}; install "
            "stillwatch[grafana]"
        ) from error


def _revealed(secret: SecretStr | None) -> str | None:
    return None if secret is None else secret.get_secret_value()
