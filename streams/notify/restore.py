"""What a notifier knows when it starts: the notification log, the alerts that are open, and where to read on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import structlog
from aiokafka import TopicPartition

from models.alert import Alert
from models.alert import decode as decode_alert
from streams import topics
from streams.notify.compacted import read_compacted
from streams.notify.desk import Desk
from streams.notify.notification import Notification, decode, log_key
from streams.settings import Settings

log = structlog.get_logger(__name__)

#: A notifier that starts for the first time reads this much of the past, since the state of alerts is written after
#: the alerts themselves.
_OVERLAP_MS = 60_000

#: Offset of alerts that came from the state topic: nothing is committed before they are dealt with.
_NOWHERE = -1


async def restore(
    desk: Desk, consumer: Any, tp: TopicPartition, settings: Settings, now_ms: int, *, shadow: bool
) -> tuple[dict[str, Alert], int]:
    """Fill ``desk`` and place ``consumer``; returns the open alerts that the receiver shows, and the position.

    A notifier that starts for the first time, or whose place the topic no longer holds, tells of what is open now.
    What shadow mode kept back is told when it is off, if it is still open.
    """
    client, name = settings.kafka_client(), desk.name
    prefix = log_key(name, "")
    logged = await read_compacted(client, settings.topic(topics.NOTIFICATIONS), lambda key, _: key.startswith(prefix))
    notifications = list(_readable(logged))
    known = {told.alert_id for told in notifications}
    position, first = await _place(consumer, tp, now_ms)
    states = await _states(settings, known)
    kept_back = {told.alert_id for told in notifications if told.shadow and not shadow}
    desk.restore([told for told in notifications if told.alert_id not in kept_back], now_ms)
    desk.backlog.start_at(position)
    for alert_id, alert in states.items():
        if alert.state == "closed":
            missed = first and alert_id in known and alert_id not in kept_back
        else:
            missed = first or alert_id in kept_back
        if missed:
            desk.take(alert, _NOWHERE)
    for alert_id in kept_back:
        if alert_id not in states or states[alert_id].state == "closed":
            desk.told.changes[log_key(name, alert_id)] = None
    return {told.alert_id: states[told.alert_id] for told in desk.shown() if _open(told, states)}, position


def _readable(logged: Mapping[bytes, bytes]) -> Iterator[Notification]:
    for key, value in logged.items():
        try:
            yield decode(value)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            # Written by another version: the alert may be told once more, which beats not starting at all.
            log.warning("notification_undecodable", key=key.decode("utf-8", "replace"), reason=str(error))


def _open(told: Notification, states: dict[str, Alert]) -> bool:
    alert = states.get(told.alert_id)
    return alert is not None and alert.state != "closed"


async def _place(consumer: Any, tp: TopicPartition, now_ms: int) -> tuple[int, bool]:
    """Seek to where the group was; (position, whether it was nowhere)."""
    committed = await consumer.committed(tp)
    beginning: int = (await consumer.beginning_offsets([tp]))[tp]
    if committed is not None and committed >= beginning:
        consumer.seek(tp, committed)
        return int(committed), False
    if committed is not None:
        log.warning("alerts_expired", offset=committed, beginning=beginning, mend="told from the open alerts instead")
    found = (await consumer.offsets_for_times({tp: now_ms - _OVERLAP_MS}))[tp]
    position: int = found.offset if found else (await consumer.end_offsets([tp]))[tp]
    consumer.seek(tp, position)
    return position, True


async def _states(settings: Settings, known: set[str]) -> dict[str, Alert]:
    """The last record of every alert that is open or was told of."""
    states: dict[str, Alert] = {}

    def keep(key: bytes, value: bytes) -> bool:
        try:
            alert = decode_alert(value)
        except (msgspec.MsgspecError, UnicodeDecodeError):
            return False
        if alert.state == "closed" and alert.alert_id not in known:
            states.pop(alert.alert_id, None)
            return False
        states[key.decode()] = alert
        return False

    await read_compacted(settings.kafka_client(), settings.topic(topics.ALERT_STATE), keep)
    return states
