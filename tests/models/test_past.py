"""What is remembered of past alerts, and for how long."""

from __future__ import annotations

import pytest

from models import past as past_module
from models.deadline import Deadlines
from models.past import REMEMBERED_MS, PastAlert, PastAlerts, sample

_HOUR_MS = 3_600_000


def names(first: int, last: int) -> list[str]:
    """Account ids."""
    return [f"a{number:04}" for number in range(first, last)]


def over(closed_ms: int, anchors: list[str], accounts: list[str], **more: object) -> PastAlert:
    """Make a campaign's alert that is over."""
    alert = PastAlert("campaign", "c", closed_ms, anchors, accounts, len(accounts))
    for name, value in more.items():
        setattr(alert, name, value)
    return alert


def silenced(anchors: list[str], accounts: list[str], scope: str = "template") -> PastAlert:
    """Make one that a verdict silences for an hour."""
    return over(0, anchors, accounts, silence=scope, silenced_until_ms=_HOUR_MS)


def test_the_ceilings_push_out_what_would_be_forgotten_first(monkeypatch: pytest.MonkeyPatch) -> None:
    """Above a ceiling the oldest go, in parts; what a verdict still needs stays."""
    monkeypatch.setattr(past_module, "MAX_PAST_ANCHORS", 32)
    held = PastAlerts(Deadlines(), 4)
    held.remember("judged", over(0, ["shell:j"], [], silenced_until_ms=2 * REMEMBERED_MS))
    for number in range(40):
        held.remember(f"{number:02}", over(number, [f"shell:{number:02}"], []))
    assert held.row("judged") is not None
    assert held.row("00") is None
    assert held.row("39") is not None
    assert len(held) <= 32
    assert "00" in held.dirty


def test_accounts_and_alerts_have_ceilings_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each ceiling holds by itself."""
    for name in ("MAX_PAST_ALERTS", "MAX_PAST_ACCOUNTS"):
        with monkeypatch.context() as changed:
            changed.setattr(past_module, name, 20)
            held = PastAlerts(Deadlines(), 4)
            for number in range(30):
                held.remember(f"{number:02}", over(number, [], names(number, number + 1)))
            assert len(held) <= 20


def test_a_large_campaign_is_remembered_by_a_sample() -> None:
    """A thousand accounts by hash: of any half of the campaign about half are in the sample."""
    whole = names(0, 5_000)
    kept = sample(whole)
    assert len(kept) == 1_000
    assert kept == sample(list(reversed(whole)))
    assert 400 < len(set(kept) & set(whole[:2_500])) < 600
    held = PastAlerts(Deadlines(), 4)
    held.remember("big", over(0, ["shell:1"], whole))
    assert held.previous_campaign("shell:2", whole[:100]) == "big"
    assert held.previous_campaign("shell:2", names(9_000, 9_100)) is None


def test_merges_are_followed() -> None:
    """Whoever was paged by an alert that was merged means the one that went on."""
    held = PastAlerts(Deadlines(), 4)
    held.remember("a", over(0, [], [], merged_into="b"))
    held.remember("b", over(1, [], [], merged_into="c"))
    assert held.resolve("a") == held.resolve("c") == "c"
    assert held.previous_account("c") is None


def test_a_silenced_template_has_a_team() -> None:
    """Half of a group's accounts must be known; a few of the team among many others silence nothing."""
    held = PastAlerts(Deadlines(), 4)
    held.remember("x", silenced(["shell:1"], names(0, 20)))
    assert held.silencing("shell:1", 0) == ["x"]
    assert held.silences_team(names(10, 30), 0)
    assert not held.silences_team(names(11, 31), 0)
    assert not held.silences_team(names(0, 1), 0)
    assert not held.silences_team(names(0, 20), _HOUR_MS)
    assert held.silencing("shell:1", _HOUR_MS) == []
    assert not held.silences_account("a0001", 0)


def test_a_team_grows_to_twice_its_size() -> None:
    """Who uses a silenced template later belongs to it, but it cannot be made to cover everybody."""
    held = PastAlerts(Deadlines(), 4)
    held.remember("x", silenced(["shell:1"], names(0, 20)))
    held.dirty.clear()
    held.grow_team("x", names(10, 200))
    assert held.silences_team(names(20, 40), 0)
    assert not held.silences_team(names(40, 60), 0)
    assert held.dirty == {"x"}
    held.grow_team("x", names(40, 60))
    assert not held.silences_team(names(40, 60), 0)


def test_accounts_are_silenced_one_by_one() -> None:
    """A verdict on accounts holds wherever they appear, and its team never grows."""
    for scope in ("accounts", "campaign"):
        held = PastAlerts(Deadlines(), 4)
        held.remember("x", silenced(["shell:1"], names(0, 5), scope))
        held.grow_team("x", names(5, 9))
        assert [held.silences_account(name, 0) for name in names(4, 6)] == [True, False]


def test_rows_bring_everything_back() -> None:
    """A memory filled from its rows answers as the original, in whatever order they come."""
    held = PastAlerts(Deadlines(), 4)
    held.remember("x", silenced(["shell:1"], names(0, 20)))
    held.remember("y", over(5, ["shell:1", "payment:2"], names(5, 9), watched_until_ms=_HOUR_MS))
    rows = [(name, row) for name in ("y", "x") if (row := held.row(name)) is not None]
    again = PastAlerts(Deadlines(), 4)
    again.restore(rows)
    for each in (held, again):
        assert each.watching("shell:1", 0)
        assert not each.watching("shell:1", _HOUR_MS)
        assert each.previous_campaign("shell:1", []) == "y"
        assert each.naming("a0006") == ["x", "y"]


def test_forgetting_leaves_no_index_behind() -> None:
    """An alert that is dropped is found by nothing."""
    held = PastAlerts(Deadlines(), 4)
    held.remember("x", silenced(["shell:1"], names(0, 20)))
    held.drop("x")
    held.drop("x")
    assert (len(held), held._by_anchor, held._by_account, held._anchors, held._accounts) == (0, {}, {}, 0, 0)
