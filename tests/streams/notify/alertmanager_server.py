"""A real Alertmanager with the shipped routing, its waits shortened and its receivers replaced by one on loopback."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import yaml

from streams.broker.jvm import end, spawn
from streams.notify.alertmanager import Alertmanager
from streams.notify.wording import LinkBases
from tests.ports import reserved_ports
from tests.streams.notify.delivered import clock_ms
from tests.streams.notify.receivers import Receiver

SHIPPED = Path(__file__).parents[3] / "deploy" / "alertmanager" / "alertmanager.yml"
RESOLVE_TIMEOUT_S = 3.0


class Server:
    """The server's API, and what it notified of."""

    def __init__(self, url: str, notified: Receiver) -> None:
        self.url = url
        self.notifiers: list[Alertmanager] = []
        self._notified = notified

    async def ask(self, method: str, path: str, body: Any = None) -> Any:
        """One request of the API."""
        async with (
            aiohttp.ClientSession() as session,
            session.request(method, f"{self.url}{path}", json=body) as answer,
        ):
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def open(self, **labels: str) -> list[dict[str, Any]]:
        """Alerts that it holds as open."""
        found = await self.ask("GET", "/api/v2/alerts")
        return [entry for entry in found if labels.items() <= entry["labels"].items()]

    def notifications(self, status: str, **labels: str) -> list[dict[str, Any]]:
        """Alerts in what it sent to its receivers, by their status there."""
        sent = [entry for body in self._notified.bodies() for entry in body["alerts"]]
        return [entry for entry in sent if entry["status"] == status and labels.items() <= entry["labels"].items()]

    async def wait_notified(self, status: str, **labels: str) -> None:
        """Return when it notified of such an alert."""
        deadline = time.monotonic() + 15
        while not self.notifications(status, **labels):
            assert time.monotonic() < deadline, self._notified.bodies()
            await asyncio.sleep(0.1)

    def notifier(self, repost_interval_s: float = 1.0) -> Alertmanager:
        """A notifier of this server."""
        notifier = Alertmanager(
            self.url,
            deployment="test",
            links=LinkBases("https://grafana.example", "https://docs.example"),
            clock=clock_ms,
            repost_interval_s=repost_interval_s,
        )
        self.notifiers.append(notifier)
        return notifier


def shortened(notified: Receiver) -> str:
    """The shipped configuration with short waits and one receiver on loopback."""
    config = yaml.safe_load(SHIPPED.read_text())
    config["global"]["resolve_timeout"] = f"{RESOLVE_TIMEOUT_S:g}s"
    config["route"] |= {"group_wait": "100ms", "group_interval": "300ms"}
    hook = {"url": notified.url, "send_resolved": True}
    config["receivers"] = [{"name": entry["name"], "webhook_configs": [hook]} for entry in config["receivers"]]
    return str(yaml.safe_dump(config))


@asynccontextmanager
async def running(program: str, folder: Path) -> AsyncIterator[Server]:
    """Run a server with its files in ``folder``; its notifiers are closed at the end."""
    (port,) = reserved_ports(1)
    async with Receiver() as notified:
        config = folder / "alertmanager.yml"
        config.write_text(shortened(notified))
        process = spawn(
            [
                program,
                f"--config.file={config}",
                f"--storage.path={folder / 'data'}",
                f"--web.listen-address=127.0.0.1:{port}",
                "--cluster.listen-address=",
            ],
            folder / "alertmanager.log",
        )
        found = Server(f"http://127.0.0.1:{port}", notified)
        try:
            await _ready(found, folder / "alertmanager.log")
            yield found
        finally:
            for notifier in found.notifiers:
                await notifier.close()
            end(process, 10)


async def _ready(server: Server, log: Path) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            await server.ask("GET", "/api/v2/status")
        except aiohttp.ClientError:
            assert time.monotonic() < deadline, f"look into {log}"
            await asyncio.sleep(0.1)
        else:
            return
