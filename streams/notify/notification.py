"""The notification log (``notifications.v1``): what each notifier last told of each alert, over restarts."""

from __future__ import annotations

from typing import Literal

import msgspec

from models.alert import Kind, SeverityLabel

SCHEMA_VERSION = 1

#: Why news is counted in a summary: the page cap, the entity's cool-down, the alert was over before anybody was told,
#: the receiver refused it; or it is the end of a paged alert where ends count as pages.
Cause = Literal["cap", "cooldown", "over", "refused", "closing"]


class Notification(msgspec.Struct, frozen=True, kw_only=True):
    """What one notifier told of one alert; the last record of a key counts, and a key ends with a tombstone.

    ``sequence`` is the last record of the alert that was dealt with. ``shown`` is the severity that the receiver shows
    (``None``: it was never paged), ``severity`` the highest that was paged or left to a summary, ``paged_ms`` when it
    was last paged (epoch ms, the notifier's clock), ``messages_ms`` when it last took places of the minute that flood
    control allows. ``summary_ms`` names the summary that counts it by the time from
    which that one counts, ``cause`` says why, ``summarised`` that the summary was sent. ``shadow`` means that shadow
    mode kept the page back.
    """

    schema_version: int = SCHEMA_VERSION
    notifier: str
    alert_id: str
    kind: Kind
    entity_id: str
    sequence: int
    severity: SeverityLabel
    shown: SeverityLabel | None = None
    paged_ms: int | None = None
    messages_ms: tuple[int, ...] = ()
    summary_ms: int | None = None
    cause: Cause | None = None
    summarised: bool = False
    closed: bool = False
    shadow: bool = False

    @property
    def key(self) -> bytes:
        """The record's key in the log."""
        return log_key(self.notifier, self.alert_id)

    @property
    def held(self) -> bool:
        """Whether it waits for a summary."""
        return self.summary_ms is not None and not self.summarised


def log_key(notifier: str, alert_id: str) -> bytes:
    """Key of what a notifier told of an alert.

    >>> log_key("slack", "a315fb29")
    b'slack/a315fb29'
    """
    return f"{notifier}/{alert_id}".encode()


def encode(notification: Notification) -> bytes:
    """One JSON object without a line end."""
    return _ENCODER.encode(notification)


def decode(value: bytes) -> Notification:
    """Read one record; raises ``msgspec.ValidationError`` that names the path of a bad field."""
    return _DECODER.decode(value)


_ENCODER = msgspec.json.Encoder()
_DECODER = msgspec.json.Decoder(Notification)
