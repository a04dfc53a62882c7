"""One HTTP receiver: posts bodies and sorts the answers into taken, try again, mend the settings, and never."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Self

import aiohttp

from streams.notify.notifier import MisconfiguredError, RefusedError, UnavailableError

#: An answer takes no longer than this many seconds.
TIMEOUT_S = 10.0

#: The longest that a receiver may ask us to wait, in seconds.
_LONGEST_RETRY_AFTER_S = 600.0

#: Statuses that pass: timeout, too early, too many requests (RFC 9110, RFC 8470, RFC 6585).
_PASSING = frozenset((408, 425, 429))

#: Statuses that speak of the address or the credentials, not of what was sent.
_ADDRESS = frozenset((401, 402, 403, 404, 405, 407, 410, 421))

#: Read of an answer: more than any of these receivers says, but for Alertmanager's copy of its settings.
_READ_BYTES = 64 << 10

_SHOWN_CHARACTERS = 200


class Receiver:
    """Where a notifier sends. ``secret`` parts of the address or of headers never show in an error."""

    def __init__(self, name: str, *, headers: Mapping[str, str] | None = None, secrets: tuple[str, ...] = ()) -> None:
        self._name = name
        self._headers = dict(headers or {})
        self._secrets = tuple(secret for secret in secrets if secret)
        self._session: aiohttp.ClientSession | None = None

    async def post(self, url: str, body: bytes, headers: Mapping[str, str] | None = None) -> str:
        """Send ``body`` and return the answer's text.

        Raises ``UnavailableError``, ``MisconfiguredError`` or ``RefusedError``.
        """
        status, text, retry_after = await self._ask("POST", url, body, headers or {})
        self._judge(status, text, retry_after)
        return text

    async def ask(self, method: str, url: str, body: bytes | None = None) -> tuple[int, str]:
        """Send a request whose answer the caller judges: (status, text).

        Raises ``UnavailableError`` without an answer.
        """
        status, text, _ = await self._ask(method, url, body, {})
        return status, text

    async def _ask(
        self, method: str, url: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, str, str | None]:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=TIMEOUT_S),
                headers={"Content-Type": "application/json", "User-Agent": "stillwatch"} | self._headers,
            )
        try:
            # A redirect would carry our credentials to an address that nobody set.
            async with self._session.request(method, url, data=body, headers=headers, allow_redirects=False) as answer:
                text = await _beginning(answer)
                return answer.status, text, answer.headers.get("Retry-After")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # The error's own text may hold the address, which for some receivers is the secret.
            cause = error.os_error.strerror if isinstance(error, aiohttp.ClientConnectorError) else ""
            raise UnavailableError(f"{self._name}: {type(error).__name__} {cause or ''}".rstrip()) from None

    def _judge(self, status: int, text: str, retry_after: str | None) -> None:
        if status < 300:
            return
        reason = self.reason(status, text)
        if status in _PASSING or status >= 500:
            raise UnavailableError(reason, retry_after_s(retry_after, datetime.now(UTC)))
        if status in _ADDRESS or status < 400:
            raise MisconfiguredError(reason)
        raise RefusedError(reason, str(status))

    def reason(self, status: int, text: str) -> str:
        """What an answer says, in one line without secrets."""
        shown = " ".join(text.split())[:_SHOWN_CHARACTERS]
        for secret in self._secrets:
            shown = shown.replace(secret, "***")
        return f"{self._name}: HTTP {status} {shown}".rstrip()

    async def close(self) -> None:
        """Give up the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()


async def _beginning(answer: aiohttp.ClientResponse) -> str:
    read = bytearray()
    async for chunk in answer.content.iter_any():
        read += chunk
        if len(read) >= _READ_BYTES:
            break
    return read[:_READ_BYTES].decode("utf-8", "replace")


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Seconds that a Retry-After header asks for (a number or a date, RFC 9110 10.2.3), at most ten minutes.

    >>> retry_after_s("30", datetime.now(UTC)), retry_after_s("soon", datetime.now(UTC))
    (30.0, None)
    """
    if header is None:
        return None
    if header.strip().isdecimal():
        return min(float(header), _LONGEST_RETRY_AFTER_S)
    try:
        instant = parsedate_to_datetime(header)
    except ValueError:
        return None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=UTC)
    return min(max((instant - now).total_seconds(), 0.0), _LONGEST_RETRY_AFTER_S)
