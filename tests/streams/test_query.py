"""Who may ask the query API, and what its document says."""

from __future__ import annotations

import inspect
from typing import Any

import orjson
import pytest

from models.standing import AccountStanding, CampaignStanding
from streams.openapi import document
from streams.query import Guard, Refused, is_loopback
from streams.settings import SettingsError, load_settings

TOKEN = "0123456789abcdef-token"  # noqa: S105 - opens nothing
EVERYWHERE = "0.0.0.0"  # noqa: S104 - nothing is bound


def guard(**settings: Any) -> Guard:
    """Make a guard whose clock stands still."""
    return Guard(load_settings(**settings), clock=lambda: 0.0)


def status(asked: Guard, authorization: str | None = None, host: str | None = "127.0.0.1:6066") -> int:
    """Ask once; return the status that refuses, or 200."""
    try:
        asked.check(authorization, host)
    except Refused as refused:
        return 500 if TOKEN in f"{refused} {refused.body}" else refused.status
    return 200


def test_loopback_needs_no_token_but_a_loopback_name() -> None:
    """A web page that gives its own name the address 127.0.0.1 gets nothing."""
    open_guard = guard()
    hosts = ["127.0.0.1:6066", "localhost", "[::1]:6066", "attacker.example:6066", "", None]
    assert [status(open_guard, host=host) for host in hosts] == [200, 200, 200, 403, 403, 403]


@pytest.mark.parametrize("host", ["127.0.0.1", EVERYWHERE, "10.1.2.3"])
def test_a_token_that_is_set_is_asked_for(host: str) -> None:
    """Everywhere; nothing but the very token opens."""
    closed = guard(web_host=host, web_token=TOKEN)
    given = [
        f"Bearer {TOKEN}",
        f"bearer  {TOKEN}",
        TOKEN,
        f"Basic {TOKEN}",
        f"Bearer {TOKEN}x",
        "Bearer ",
        "Bearer ключ",
        None,
    ]
    assert [status(closed, each, "worker-1:6066") for each in given] == [200, 200, *[401] * 6]


def test_beyond_loopback_nothing_is_open_without_a_token() -> None:
    """It is closed, and says how to open it."""
    with pytest.raises(Refused) as refused:
        guard(web_host=EVERYWHERE).check("Bearer x", "localhost")
    assert (refused.value.status, refused.value.body.mend) == (403, "set STILLWATCH_WEB_TOKEN")


def test_too_many_questions_are_refused_until_time_has_passed() -> None:
    """A hundred at once, then fifty a second."""
    now_s = [0.0]
    asked = Guard(load_settings(), clock=lambda: now_s[0])
    assert [status(asked) for _ in range(102)] == [*[200] * 100, 429, 429]
    now_s[0] = 0.1
    assert [status(asked) for _ in range(6)] == [*[200] * 5, 429]


def test_loopback_is_this_machine_alone() -> None:
    """Names that only resolve to it are none."""
    assert [is_loopback(host) for host in ("127.0.0.1", "127.9.9.9", "::1", "localhost")] == [True] * 4
    assert [is_loopback(host) for host in (EVERYWHERE, "::", "10.0.0.1", "localhost.example", "", None)] == [False] * 6


def test_a_short_token_is_refused() -> None:
    """One that can be guessed protects nothing, and no message shows it."""
    with pytest.raises(SettingsError, match="web_token") as refused:
        load_settings(web_token="guess-me")  # noqa: S106 - refused
    assert "guess-me" not in str(refused.value)


def test_the_document_describes_the_answers() -> None:
    """OpenAPI 3.1: each path, each status, and every field of the types with all references in place."""
    found = orjson.loads(document())
    assert found["openapi"] == "3.1.0"
    assert list(found["paths"]) == ["/accounts/{account_id}", "/campaigns/{campaign_id}"]
    schemas = found["components"]["schemas"]
    for kind in (AccountStanding, CampaignStanding):
        assert list(schemas[kind.__name__]["properties"]) == list(inspect.get_annotations(kind))
    references = {part.split('"', maxsplit=1)[0] for part in document().decode().split('"$ref":"')[1:]}
    assert references == {f"#/components/schemas/{name}" for name in schemas}
    for path in found["paths"].values():
        assert set(path["get"]["responses"]) == {"200", "400", "401", "403", "404", "421", "429", "502", "503"}
