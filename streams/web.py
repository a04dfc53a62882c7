"""The worker's HTTP pages: metrics, liveness and readiness; loopback only unless the operator says otherwise."""

from __future__ import annotations

from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest


def add_pages(app: Any) -> None:
    """Serve ``/metrics``, ``/health/live`` and ``/health/ready``."""

    async def metrics(web: Any, request: Any) -> Any:  # noqa: ARG001 - Faust's signature
        app.metrics.ready.set(1 if is_ready(app) else 0)
        return web.bytes(generate_latest(app.metrics.registry), content_type=CONTENT_TYPE_LATEST.split(";")[0])

    async def live(web: Any, request: Any) -> Any:  # noqa: ARG001 - Faust's signature
        return web.json({"live": True})

    async def ready(web: Any, request: Any) -> Any:  # noqa: ARG001 - Faust's signature
        answer = is_ready(app)
        return web.json({"ready": answer}, status=200 if answer else 503)

    app.page("/metrics")(metrics)
    app.page("/health/live")(live)
    app.page("/health/ready")(ready)


def is_ready(app: Any) -> bool:
    """Joined the group, recovered, and not rebalancing; a worker that was assigned nothing is ready too."""
    return bool(app.tables.recovery.completed.is_set() and not app.rebalancing and not app.in_recovery)
