"""The HTTP pages of ``stillwatch notify``: metrics, liveness and readiness."""

from __future__ import annotations

from collections.abc import Sequence

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from streams.notify.lane import Lane
from streams.notify.metrics import NotifyMetrics


async def serve_pages(host: str, port: int, metrics: NotifyMetrics, lanes: Sequence[Lane]) -> web.AppRunner:
    """Serve ``/metrics``, ``/health/live`` and ``/health/ready``; the caller cleans the runner up."""

    async def exposition(_: web.Request) -> web.Response:
        body = generate_latest(metrics.registry)
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})

    async def live(_: web.Request) -> web.Response:
        return web.json_response({"live": True})

    async def ready(_: web.Request) -> web.Response:
        """Answer 503 until every lane sends or stands by. A receiver that is down changes nothing here."""
        waiting = [lane.name for lane in lanes if not lane.joined]
        return web.json_response({"ready": not waiting, "waiting": waiting}, status=503 if waiting else 200)

    app = web.Application()
    app.add_routes([web.get("/metrics", exposition), web.get("/health/live", live), web.get("/health/ready", ready)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, host, port).start()
    return runner
