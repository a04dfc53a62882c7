"""The read-only query API of a worker: how an account or an open campaign stands now, from whichever worker owns it."""

from __future__ import annotations

import ipaddress
import secrets
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from models.account_stage import AccountStage
from models.decision_stage import DecisionStage
from streams.events_file import partition_of
from streams.openapi import LONGEST_ID, MOST_LISTED, ROUTES, QueryError, document
from streams.settings import Settings
from streams.step import Step

#: Set on what one worker asks another, so that no request goes round in circles.
FORWARDED_HEADER = "X-Stillwatch-Forwarded"

# A person, a dashboard and a script are well below this; a scan of all accounts is not what this is for.
_QUERIES_PER_S, _BURST = 50.0, 100.0

_FORWARD_WITHIN = aiohttp.ClientTimeout(total=5.0, connect=2.0)
_LONGEST_ANSWER_BYTES = 4 << 20
_HEADERS = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}


class Refused(Exception):  # noqa: N818 - an answer, not a fault
    """A request that is not answered with state: the HTTP status, and what to do about it."""

    def __init__(self, status: int, error: str, mend: str, **headers: str) -> None:
        super().__init__(error)
        self.status = status
        self.body = QueryError(error, mend)
        self.headers = headers


class Guard:
    """Who may ask, and how often. A token is compared in constant time and is in no message."""

    def __init__(self, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
        self._on_loopback = is_loopback(settings.web_host)
        token = settings.web_token
        self._token = None if token is None else token.get_secret_value().encode()
        self._clock = clock
        self._left, self._counted_at_s = _BURST, clock()

    def check(self, authorization: str | None, host: str | None) -> None:
        """Raise ``Refused`` for who may not ask, or asks too often. ``host`` is the request's Host header."""
        if self._token is not None:
            scheme, _, given = (authorization or "").partition(" ")
            if not secrets.compare_digest(given.strip().encode(), self._token) or scheme.lower() != "bearer":
                raise Refused(
                    401, "no valid token", "send Authorization: Bearer WEB_TOKEN", **{"WWW-Authenticate": "Bearer"}
                )
        elif not self._on_loopback:
            raise Refused(403, "closed: bound beyond loopback without a token", "set STILLWATCH_WEB_TOKEN")
        elif not is_loopback(URL(f"http://{host}").host if host else None):
            # A page in somebody's browser may give its own name the address 127.0.0.1.
            raise Refused(
                403, "asked under a name that is not loopback's", "use 127.0.0.1, or set STILLWATCH_WEB_TOKEN"
            )
        now_s = self._clock()
        self._left = min(_BURST, self._left + (now_s - self._counted_at_s) * _QUERIES_PER_S)
        self._counted_at_s = now_s
        if self._left < 1.0:
            raise Refused(429, f"more than {_QUERIES_PER_S:.0f} queries a second", "ask less", **{"Retry-After": "1"})
        self._left -= 1.0


def is_loopback(host: str | None) -> bool:
    """Whether a host name or address is this machine alone."""
    if host is None or host == "localhost":
        return host is not None
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class Queries:
    """Answers from the stages of this worker, and asks the owner of those that are another's.

    Where a partition lives is what Faust's assignor told every worker at the last rebalance. Answers are made between
    two batches, on the loop that applies them, so each is one consistent state.
    """

    def __init__(self, app: Any, settings: Settings) -> None:
        self._app = app
        self._partitions = settings.decides.partitions
        self._guard = Guard(settings)
        self._accounts, _, self._decisions = app.steps

    async def account(self, request: Any, account_id: str) -> bytes:
        """Answer ``/accounts/{account_id}``."""
        self._admit(request, account_id)
        stage = self._here(self._accounts, partition_of(account_id.encode(), self._partitions))
        if stage is None:
            return await self._elsewhere(self._accounts, partition_of(account_id.encode(), self._partitions), request)
        standing = stage.standing_of(account_id)
        if standing is None:
            raise Refused(404, "no such account", "it sent nothing, or was evicted; the alert store has its past")
        return msgspec.json.encode(standing)

    async def campaign(self, request: Any, campaign_id: str) -> bytes:
        """Answer ``/campaigns/{campaign_id}``."""
        self._admit(request, campaign_id)
        most = _listed(request.query.get("members"))
        stage = self._here(self._decisions, 0)
        if stage is None:
            return await self._elsewhere(self._decisions, 0, request)
        standing = stage.standing_of(campaign_id, most)
        if standing is None:
            raise Refused(404, "no such open campaign", "`stillwatch campaign show` has those that are over")
        return msgspec.json.encode(standing)

    def _admit(self, request: Any, name: str) -> None:
        self._guard.check(request.headers.get("Authorization"), request.headers.get("Host"))
        # A path may hold bytes that are no UTF-8, and then no id; they come as lone surrogates.
        if not 1 <= len(name) <= LONGEST_ID or any("\ud800" <= character <= "\udfff" for character in name):
            raise Refused(400, f"an id has 1 to {LONGEST_ID} characters", "give the id as the alert has it")

    def _here(self, step: Step, partition: int) -> Any:
        stage = step.table.store.stage(partition)
        return stage if isinstance(stage, AccountStage | DecisionStage) else None

    async def _elsewhere(self, step: Step, partition: int, request: Any) -> bytes:
        owner = self._owner(step, partition)
        own = URL(str(self._app.conf.canonical_url))
        if owner is None or self._app.rebalancing or owner == own:
            # The same address for two workers looks like this too, for as long as it lasts.
            raise Refused(
                503,
                "its partition is recovering or on its way to another worker",
                "ask again; if it stays so, give each worker a STILLWATCH_WEB_URL of its own",
                **{"Retry-After": "2"},
            )
        if FORWARDED_HEADER in request.headers:
            raise Refused(421, "its partition has moved on", "ask again", **{"Retry-After": "1"})
        return await self._ask(owner, request)

    def _owner(self, step: Step, partition: int) -> URL | None:
        topic = step.table.changelog_topic.get_topic_name()
        for url, topics in self._app.assignor.table_metadata(topic).items():
            if partition in topics.get(topic, ()):
                return URL(url)
        return None

    async def _ask(self, owner: URL, request: Any) -> bytes:
        headers = {FORWARDED_HEADER: "1", "Host": f"{owner.host}:{owner.port}"}
        if "Authorization" in request.headers:
            headers["Authorization"] = request.headers["Authorization"]
        try:
            async with self._app.http_client.get(
                owner.join(request.rel_url), headers=headers, timeout=_FORWARD_WITHIN, allow_redirects=False
            ) as answer:
                if answer.content_length is None or answer.content_length > _LONGEST_ANSWER_BYTES:
                    raise aiohttp.ClientPayloadError("an answer of no worker's size")
                body: bytes = await answer.read()
                if answer.status == 200:
                    return body
                refusal = msgspec.json.decode(body, type=QueryError)
                raise Refused(answer.status, refusal.error, refusal.mend)
        except (TimeoutError, aiohttp.ClientError, msgspec.MsgspecError) as error:
            raise Refused(
                502,
                f"the worker that owns it, at {owner}, did not answer ({type(error).__name__})",
                "see that workers reach each other there: STILLWATCH_WEB_URL",
            ) from error


def add_queries(app: Any, settings: Settings) -> None:
    """Serve ``/accounts/{id}``, ``/campaigns/{id}`` and ``/openapi.json``."""
    queries = Queries(app, settings)
    description = document()

    def page(route: str, ask: Callable[[Any, str], Any]) -> None:
        async def answer(view: Any, request: Any, name: str) -> Any:
            try:
                body, status, headers = await ask(request, name), 200, {}
            except Refused as refused:
                body, status, headers = msgspec.json.encode(refused.body), refused.status, refused.headers
            app.metrics.queries.labels(route, status).inc()
            return view.bytes(body, content_type="application/json", status=status, headers=_HEADERS | headers)

        app.page(f"{route}/{{name}}")(answer)

    async def openapi(view: Any, request: Any) -> Any:  # noqa: ARG001 - Faust's signature
        return view.bytes(description, content_type="application/json")

    accounts, campaigns = ROUTES
    page(accounts, queries.account)
    page(campaigns, queries.campaign)
    app.page("/openapi.json")(openapi)


def _listed(text: str | None) -> int:
    if text is None:
        return MOST_LISTED
    if not (text.isascii() and text.isdigit()) or len(text) > 4 or int(text) > MOST_LISTED:
        raise Refused(400, f"members: 0 to {MOST_LISTED}", "`stillwatch campaign members` lists them all")
    return int(text)
