"""The worker's HTTP pages: metrics, liveness and readiness; loopback only unless the operator says otherwise."""

from __future__ import annotations

import time
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

from streams.transport import BatchConsumerThread

_SILENT_AT_MOST_S = 120.0


def add_pages(app: Any) -> None:
    """Serve ``/metrics``, ``/health/live`` and ``/health/ready``."""

    async def metrics(web: Any, request: Any) -> Any:  # noqa: ARG001 - Faust's signature
        app.metrics.ready.set(1 if is_ready(app) else 0)
        return web.bytes(generate_latest(app.metrics.registry), content_type=CONTENT_TYPE_LATEST.split(";")[0])

    async def live(web: Any, request: Any) -> Any:  # noqa: ARG001 - Faust's signature
        answer = is_live(app)
        return web.json({"live": answer}, status=200 if answer else 503)

    async def ready(web: Any, request: Any) -> Any:  # noqa: ARG001 - Faust's signature
        answer = is_ready(app)
        return web.json({"ready": answer}, status=200 if answer else 503)

    app.page("/metrics")(metrics)
    app.page("/health/live")(live)
    app.page("/health/ready")(ready)


def is_live(app: Any) -> bool:
    """False when a ready worker has not asked for records for two minutes: Faust consumers can stop without a crash.

    A restart heals that; state and positions come back from the changelog.
    """
    silent_s = time.monotonic() - BatchConsumerThread.fetched_at_s
    return not is_ready(app) or silent_s < _SILENT_AT_MOST_S


def is_ready(app: Any) -> bool:
    """Joined the group, recovered, and not rebalancing; a worker that was assigned nothing is ready too."""
    return bool(app.tables.recovery.completed.is_set() and not app.rebalancing and not app.in_recovery)
