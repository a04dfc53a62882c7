"""Local receivers that hold a notifier to the documented contract of the real service, and can be taken down."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from aiohttp import web

from tests.ports import reserved_ports

ROUTING_KEY = "0123456789abcdef0123456789abcdef"
GRAFANA_TOKEN = "glsa_secret-of-the-test"  # noqa: S105 - of the double
AUTHORIZATION = "Bearer secret-of-the-test"


class Receiver:
    """One HTTP server on loopback. ``taken`` holds (arrival in monotonic seconds, headers, body) of what it accepted.

    ``answer_next`` makes it answer the next requests with a status, whatever they hold.
    """

    def __init__(self) -> None:
        (self.port,) = reserved_ports(1)
        self.taken: list[tuple[float, dict[str, str], Any]] = []
        self.refused: list[tuple[int, Any]] = []
        self._planned: list[tuple[int, dict[str, str]]] = []
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        """Its base address."""
        return f"http://127.0.0.1:{self.port}"

    def bodies(self) -> list[Any]:
        """What it accepted, in order."""
        return [body for _, _, body in self.taken]

    def answer_next(self, *answers: int, headers: dict[str, str] | None = None) -> None:
        """Plan statuses for the next requests."""
        self._planned += [(status, headers or {}) for status in answers]

    async def start(self) -> None:
        """Listen, on the same port each time."""
        app = web.Application()
        app.router.add_route("*", "/{path:.*}", self._serve)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port, reuse_address=True).start()

    async def stop(self) -> None:
        """Refuse connections from now on."""
        if self._runner is not None:
            await self._runner.cleanup()
            self._runner = None

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop()

    async def _serve(self, request: web.Request) -> web.StreamResponse:
        raw = await request.read()
        if self._planned:
            status, headers = self._planned.pop(0)
            return web.Response(status=status, headers=headers, text="planned")
        return self.answer(request, json.loads(raw) if raw else None)

    def answer(self, request: web.Request, body: Any) -> web.Response:
        """Judge one request; the generic receiver takes everything but a question for its methods."""
        if request.method == "OPTIONS":
            return web.Response(status=204, headers={"Allow": "POST"})
        return self.take(request, body, web.Response(status=204))

    def take(self, request: web.Request, body: Any, answer: web.Response) -> web.Response:
        """Note what was accepted."""
        self.taken.append((time.monotonic(), dict(request.headers), body))
        return answer

    def refuse(self, status: int, body: Any, answer: Any) -> web.Response:
        """Note what was not."""
        self.refused.append((status, body))
        if isinstance(answer, str):
            return web.Response(status=status, text=answer)
        return web.json_response(answer, status=status)


class PagerDutyReceiver(Receiver):
    """Events API v2: POST /v2/enqueue (developer.pagerduty.com, "Send an alert event")."""

    def answer(self, request: web.Request, body: Any) -> web.Response:
        """202 with the dedup_key, or 400 with what is wrong."""
        if (request.method, request.path) != ("POST", "/v2/enqueue"):
            return self.refuse(404 if request.path != "/v2/enqueue" else 405, body, "no such route")
        if faults := list(_pagerduty_faults(body)):
            answer = {"status": "invalid event", "message": "Event object is invalid", "errors": faults}
            return self.refuse(400, body, answer)
        answer = {"status": "success", "message": "Event processed", "dedup_key": body.get("dedup_key", "made-up")}
        return self.take(request, body, web.json_response(answer, status=202))


def _pagerduty_faults(body: Any) -> list[str]:
    faults = []
    if body.get("routing_key") != ROUTING_KEY:
        faults.append("Invalid routing key")
    if body.get("event_action") not in ("trigger", "acknowledge", "resolve"):
        faults.append("'event_action' is invalid")
    if body.get("event_action") != "trigger" and not body.get("dedup_key"):
        faults.append("'dedup_key' is required")
    if len(body.get("dedup_key", "")) > 255:
        faults.append("'dedup_key' is too long (maximum is 255 characters)")
    if len(json.dumps(body)) > 512 * 1024:
        faults.append("the event is larger than 512 KB")
    if body.get("event_action") == "trigger":
        payload = body.get("payload", {})
        faults += [
            f"'payload.{name}' is missing or blank"
            for name in ("summary", "source", "severity")
            if not payload.get(name)
        ]
        if len(payload.get("summary", "")) > 1_024:
            faults.append("'payload.summary' is too long (maximum is 1024 characters)")
        if payload.get("severity") not in ("critical", "error", "warning", "info"):
            faults.append("'payload.severity' is invalid")
        faults += [
            "'links' need an href" for link in body.get("links", []) if not link.get("href", "").startswith("http")
        ]
    return faults


class SlackReceiver(Receiver):
    """An incoming webhook (docs.slack.dev, "Sending messages using incoming webhooks", "Block Kit" limits)."""

    path = "/services/T000/B000/secret-of-the-test"

    @property
    def webhook(self) -> str:
        """The address that is the secret."""
        return self.url + self.path

    def answer(self, request: web.Request, body: Any) -> web.Response:
        """200 "ok", or the documented error words."""
        if request.path != self.path:
            return self.refuse(404, body, "no_service")
        if request.method != "POST" or not isinstance(body, dict):
            return self.refuse(400, body, "invalid_payload")
        if not body.get("text"):
            return self.refuse(400, body, "no_text")
        blocks = body.get("blocks", [])
        if len(blocks) > 50 or not all(map(_slack_block_is_valid, blocks)):
            return self.refuse(400, body, "invalid_blocks")
        return self.take(request, body, web.Response(text="ok"))


def _slack_block_is_valid(block: Any) -> bool:
    if block["type"] == "header":
        return block["text"]["type"] == "plain_text" and 0 < len(block["text"]["text"]) <= 150
    if block["type"] == "section":
        return block["text"]["type"] == "mrkdwn" and 0 < len(block["text"]["text"]) <= 3_000
    if block["type"] == "context":
        return 0 < len(block["elements"]) <= 10 and all(element["text"] for element in block["elements"])
    return False


class GrafanaReceiver(Receiver):
    """Grafana's annotations API (find, create, update), as its HTTP API reference describes it."""

    def __init__(self) -> None:
        super().__init__()
        self.annotations: dict[int, dict[str, Any]] = {}

    def answer(self, request: web.Request, body: Any) -> web.Response:
        """Answer as the named route does."""
        if request.headers.get("Authorization") != f"Bearer {GRAFANA_TOKEN}":
            return self.refuse(401, body, {"message": "Invalid API key"})
        if (request.method, request.path) == ("GET", "/api/annotations"):
            wanted = set(request.query.getall("tags", []))
            found = [entry for entry in self.annotations.values() if wanted <= set(entry["tags"])]
            return web.json_response(found[: int(request.query.get("limit", 100))])
        if (request.method, request.path) == ("POST", "/api/annotations"):
            if not body.get("text"):
                return self.refuse(400, body, {"message": "text field should not be empty"})
            number = len(self.annotations) + 1
            ends = body.get("timeEnd") or body["time"]
            self.annotations[number] = {"id": number, **body, "timeEnd": ends}
            return self.take(request, body, web.json_response({"message": "Annotation added", "id": number}))
        number = int(request.path.rsplit("/", 1)[-1])
        if request.method != "PUT" or number not in self.annotations:
            return self.refuse(404, body, {"message": "not found"})
        self.annotations[number] |= {key: value for key, value in body.items() if value is not None}
        return self.take(request, body, web.json_response({"message": "Annotation updated"}))


RECEIVERS: dict[str, Callable[[], Receiver]] = {
    "webhook": Receiver,
    "pagerduty": PagerDutyReceiver,
    "slack": SlackReceiver,
    "grafana": GrafanaReceiver,
}
