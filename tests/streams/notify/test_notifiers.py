"""What every notifier has to do, against receivers that hold it to the contract of the real service."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from models.alert import AlertReason
from streams.notify.notice import Notice, Summary
from streams.notify.notifier import MisconfiguredError, Notifier, RefusedError, UnavailableError
from streams.notify.receiver import retry_after_s
from streams.notify.trial import trial_notice
from tests.streams.notify.alerts import NOON_MS, alert
from tests.streams.notify.receivers import AUTHORIZATION, GRAFANA_TOKEN, RECEIVERS, ROUTING_KEY, Receiver

every = pytest.mark.parametrize("name", RECEIVERS)

#: Ids that try to break out: mentions, links, HTML, as long as an id may be, and without a letter.
HOSTILE_IDS = ["<!channel>", '<a href="javascript:alert(1)">', "x" * 128, "'\"\\`*_~&;", "日本語", "a b"]

SUMMARY = Summary(
    since_ms=NOON_MS,
    until_ms=NOON_MS + 60_000,
    counts={"critical": 2, "medium": 410},
    over=3,
    closings=4,
    gravest=(("campaign", "c1"), ("account", "<!channel>")),
)


def page(**changes: object) -> Notice:
    """A page of a campaign with more of everything than a receiver may want."""
    long = [AlertReason(f"signal_{n}", 1.0, 0.0, 9.0, "A sentence that goes on. " * 60) for n in range(12)]
    fields: dict[str, object] = {
        "kind": "campaign",
        "accounts": [f"acct-{n:04d}" for n in range(1_000)],
        "reasons": long,
        "counter_evidence": long,
        "suggested_actions": ["Do this. " * 200] * 5,
        "severity": "critical",
    }
    return Notice(action="page", alert=alert("c1", **(fields | changes)), severity="critical")  # type: ignore[arg-type]


@every
async def test_a_page_of_any_size_is_taken(name: str, notifier_for: Callable[..., Notifier]) -> None:
    """Longest texts, 1,000 accounts and hostile ids stay within the receiver's limits."""
    async with RECEIVERS[name]() as receiver:
        notifier = notifier_for(name, receiver)
        await notifier.send(page())
        for entity_id in HOSTILE_IDS:
            await notifier.send(Notice(action="page", alert=alert(entity_id), severity="low"))
        assert receiver.refused == []
        assert len(receiver.taken) == 1 + len(HOSTILE_IDS)


@every
async def test_life_of_an_alert_is_taken(name: str, notifier_for: Callable[..., Notifier]) -> None:
    """Opening, rise, every kind of ending, a summary and a test page are all accepted."""
    async with RECEIVERS[name]() as receiver:
        notifier = notifier_for(name, receiver)
        await notifier.send(Notice(action="page", alert=alert(), severity="medium"))
        risen = alert(sequence=1, state="update", severity="high")
        await notifier.send(Notice(action="page", alert=risen, severity="high", shown="medium"))
        endings: list[dict[str, Any]] = [
            {},
            {"merged_into": "f" * 32},
            {"absorbed_by": "f" * 32},
            {"closed_by_verdict": "f" * 32},
        ]
        for ending in endings:
            closed = alert(sequence=2, state="closed", severity="high", **ending)
            await notifier.send(Notice(action="close", alert=closed, severity="high", shown="high"))
        await notifier.summarise(SUMMARY)
        await notifier.summarise(Summary(since_ms=NOON_MS, until_ms=NOON_MS + 1, counts={}, closings=2))
        await notifier.send(trial_notice(NOON_MS))
        assert receiver.refused == []


@every
@pytest.mark.parametrize(
    ("status", "error"),
    [
        (500, UnavailableError),
        (503, UnavailableError),
        (429, UnavailableError),
        (408, UnavailableError),
        (401, MisconfiguredError),
        (403, MisconfiguredError),
        (404, MisconfiguredError),
        (400, RefusedError),
        (422, RefusedError),
    ],
)
async def test_answers_are_sorted(
    name: str, status: int, error: type[Exception], notifier_for: Callable[..., Notifier]
) -> None:
    """Faults that pass and faults of the settings are tried again, faults of the message are not."""
    async with RECEIVERS[name]() as receiver:
        notifier = notifier_for(name, receiver)
        receiver.answer_next(status)
        with pytest.raises(error) as raised:
            await notifier.send(page())
        assert type(raised.value) is error
        await notifier.send(page())


@every
async def test_a_receiver_that_is_down_is_unavailable(name: str, notifier_for: Callable[..., Notifier]) -> None:
    """No connection is no reason to give up a notice; after it is back the same notifier delivers."""
    receiver = RECEIVERS[name]()
    notifier = notifier_for(name, receiver)
    with pytest.raises(UnavailableError):
        await notifier.send(page())
    async with receiver:
        await notifier.send(page())
    assert len(receiver.taken) == 1


@pytest.mark.parametrize("name", ["webhook", "pagerduty", "slack"])
async def test_the_receivers_own_wait_is_told(name: str, notifier_for: Callable[..., Notifier]) -> None:
    """A 429 with Retry-After says for how long."""
    async with RECEIVERS[name]() as receiver:
        notifier = notifier_for(name, receiver)
        receiver.answer_next(429, headers={"Retry-After": "7"})
        with pytest.raises(UnavailableError) as raised:
            await notifier.send(page())
        assert raised.value.retry_after_s == 7.0


@every
async def test_no_error_shows_a_secret(name: str, notifier_for: Callable[..., Notifier]) -> None:
    """Whatever the answer echoes, keys, tokens and secret addresses stay out of what is logged."""

    class Echo(Receiver):
        def answer(self, request, body):  # type: ignore[no-untyped-def]  # noqa: ANN001, ANN202
            return self.refuse(400, body, f"{request.url} {dict(request.headers)} {body}")

    echo = Echo()
    if name == "slack":
        echo.webhook = RECEIVERS["slack"]().path  # type: ignore[attr-defined]
    secrets = [AUTHORIZATION, ROUTING_KEY, GRAFANA_TOKEN, "secret-of-the-test"]
    async with RECEIVERS[name]() as real, echo:
        real.port, taken = echo.port, real.port
        notifier = notifier_for(name, real)
        real.port = taken
        for attempt in (notifier.send(page()), notifier.summarise(SUMMARY)):
            with pytest.raises((RefusedError, UnavailableError)) as raised:
                await attempt
            assert not [secret for secret in secrets if secret in str(raised.value)]
    notifier = notifier_for(name, real)
    with pytest.raises(UnavailableError) as down:
        await notifier.send(page())
    assert not [secret for secret in secrets if secret in str(down.value)]


@every
async def test_a_redirect_is_not_followed(name: str, notifier_for: Callable[..., Notifier]) -> None:
    """Credentials go to the address that was set and to no other."""
    async with RECEIVERS[name]() as receiver, Receiver() as elsewhere:
        notifier = notifier_for(name, receiver)
        receiver.answer_next(307, headers={"Location": elsewhere.url})
        with contextlib.suppress(MisconfiguredError, RefusedError):
            await notifier.send(page())
        assert all("Authorization" not in headers for _, headers, _ in elsewhere.taken)
        # grafana-client follows redirects and leaves the token out; the others do not follow at all.
        assert name == "grafana" or elsewhere.taken == []


@every
async def test_a_check_pages_nobody(name: str, notifier_for: Callable[..., Notifier]) -> None:
    """``check`` is answered without anything being shown, and fails where the receiver does not know us."""
    async with RECEIVERS[name]() as receiver:
        notifier = notifier_for(name, receiver)
        assert await notifier.check()
        assert receiver.taken == []
        receiver.answer_next(403)
        with pytest.raises(MisconfiguredError):
            await notifier.check()
    with pytest.raises(UnavailableError):
        await notifier.check()


@every
async def test_a_test_page_says_so(name: str, notifier_for: Callable[..., Notifier]) -> None:
    """A person who gets the test page sees that it is one."""
    async with RECEIVERS[name]() as receiver:
        await notifier_for(name, receiver).send(trial_notice(NOON_MS))
        (body,) = receiver.bodies()
        assert "TEST" in str(body)


def test_a_wait_may_be_a_date() -> None:
    """Retry-After takes seconds or an HTTP date; nonsense and absurd waits are bounded."""
    now = datetime(2026, 3, 1, 12, tzinfo=UTC)
    cases = {
        "120": 120.0,
        "Sun, 01 Mar 2026 12:00:30 GMT": 30.0,
        "Sun, 01 Mar 2026 11:00:00 GMT": 0.0,
        "99999999": 600.0,
        "later": None,
    }
    assert {header: retry_after_s(header, now) for header in cases} == cases
