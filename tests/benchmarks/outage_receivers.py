"""The five receivers that ``notify_outage`` takes down, and when each was told of an alert's opening."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from streams.broker.jvm import end, spawn
from streams.broker.ports import free_ports
from tests.streams.notify.alertmanager_server import shortened
from tests.streams.notify.receivers import (
    GRAFANA_TOKEN,
    ROUTING_KEY,
    GrafanaReceiver,
    PagerDutyReceiver,
    Receiver,
    SlackReceiver,
)

NAMES = ("webhook", "pagerduty", "slack", "grafana", "alertmanager")


class AlertmanagerDown:
    """A real Alertmanager that is stopped and started on one port with one folder; ``heard`` takes what it tells."""

    def __init__(self, program: str, folder: Path) -> None:
        (self._port,) = free_ports(1)
        self._program = program
        self._folder = folder
        self.url = f"http://127.0.0.1:{self._port}"
        self.heard = Receiver()
        config = yaml.safe_load(shortened(self.heard))
        # As shipped: while it is posted to every minute, nothing that is open ends.
        config["global"]["resolve_timeout"] = "5m"
        (folder / "alertmanager.yml").write_text(yaml.safe_dump(config))

    async def start(self) -> None:
        """Start it, and once whoever hears of it."""
        if not hasattr(self, "_process"):
            await self.heard.start()
        self._process = spawn(
            [
                self._program,
                f"--config.file={self._folder / 'alertmanager.yml'}",
                f"--storage.path={self._folder / 'alertmanager'}",
                f"--web.listen-address=127.0.0.1:{self._port}",
                "--cluster.listen-address=",
            ],
            self._folder / "alertmanager.log",
        )

    async def stop(self) -> None:
        """Stop it; what it told of stays known to it."""
        end(self._process, 10.0)


class Receivers:
    """All five, and the settings that lead to them."""

    def __init__(self, alertmanager: str, folder: Path) -> None:
        self.grafana, self._slack = GrafanaReceiver(), SlackReceiver()
        self.alertmanager = AlertmanagerDown(alertmanager, folder)
        self._http: dict[str, Receiver] = {
            "webhook": Receiver(),
            "pagerduty": PagerDutyReceiver(),
            "slack": self._slack,
            "grafana": self.grafana,
        }

    def __getitem__(self, name: str) -> Receiver | AlertmanagerDown:
        return self._http.get(name, self.alertmanager)

    def settings(self) -> dict[str, str]:
        """Variables of the notifier's environment."""
        return {
            "STILLWATCH_NOTIFY_WEBHOOK_URL": self._http["webhook"].url,
            "STILLWATCH_NOTIFY_PAGERDUTY_URL": self._http["pagerduty"].url,
            "STILLWATCH_NOTIFY_PAGERDUTY_ROUTING_KEY": ROUTING_KEY,
            "STILLWATCH_NOTIFY_SLACK_URL": self._slack.webhook,
            "STILLWATCH_NOTIFY_GRAFANA_URL": self.grafana.url,
            "STILLWATCH_NOTIFY_GRAFANA_TOKEN": GRAFANA_TOKEN,
            "STILLWATCH_NOTIFY_ALERTMANAGER_URL": self.alertmanager.url,
        }

    def openings(self, name: str, by_entity: dict[str, str]) -> Iterator[tuple[str, float]]:
        """Alerts that this receiver was told of for the first time, or once more as if so, with the arrival.

        ``by_entity`` gives the alert of an entity: Alertmanager knows entities alone. Those that the webhook hears of
        after an outage are updates, since records of one alert are joined: each counts once, at its first record.
        Summaries are left out: what they count and do not name is lost here.
        """
        if name == "alertmanager":
            for arrival_s, _, body in self.alertmanager.heard.taken:
                for entry in body["alerts"]:
                    if entry["status"] == "firing" and "entity_id" in entry["labels"]:
                        yield by_entity[entry["labels"]["entity_id"]], arrival_s
            return
        known: set[str] = set()
        for arrival_s, headers, body in self._http[name].taken:
            if name == "pagerduty" and body["event_action"] == "trigger" and body["payload"].get("class") != "flood":
                yield body["dedup_key"], arrival_s
            elif name == "slack" and "`" in (footer := str(body["blocks"][-1]["elements"][0]["text"])):
                yield footer.split("`")[1], arrival_s
            elif name == "webhook":
                uid = headers["ce-subject"]
                if uid not in known or headers["ce-type"].endswith(".open.v1"):
                    yield uid, arrival_s
                known.add(uid)
            elif name == "grafana" and body["tags"][3] not in known:
                # Each annotation of the alert once: two of them are a repeat.
                known.add(body["tags"][3])
                many = sum(body["tags"][3] in entry["tags"] for entry in self.grafana.annotations.values())
                yield from [(body["tags"][3], arrival_s)] * many
