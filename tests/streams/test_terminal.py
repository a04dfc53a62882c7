"""What the terminal shows of alerts and at the end."""

import msgspec
from rich.console import Console, RenderableType

from models.alert import Alert
from models.decide import Decision
from models.detection import DetectionSettings
from streams.terminal import RunSummary, named_accounts, render_alert, render_line, render_summary
from tests.models.synthetic_traces import BUCKET_MS, START_MS
from tests.models.test_campaign import group, members
from tests.models.test_decide import account


def alerts() -> list[Alert]:
    """One campaign and one account, opened."""
    decision = Decision(DetectionSettings(), "test")
    return decision.apply(group("01", members(0, 20), 20.0, START_MS + BUCKET_MS - 1)) + decision.apply(account(2))


def shown(renderable: RenderableType, width: int = 110) -> str:
    """Render as plain text."""
    console = Console(width=width, record=True, file=None, color_system=None)
    with console.capture() as capture:
        console.print(renderable)
    return capture.get()


def test_an_alert_shows_who_why_and_what_to_do() -> None:
    """Severity, kind, size, top reason and first action are there at a glance."""
    _, single = alerts()
    text = shown(render_alert(single))
    for expected in ("OPEN · MEDIUM · account", "Account a", "300 requests", "It sends 900 requests a day", "1. Ask"):
        assert expected in text


def test_a_campaign_shows_some_members_and_their_number() -> None:
    """A few members are spelled out, the others counted."""
    campaign, _ = alerts()
    assert "20 accounts" in shown(render_alert(campaign))
    assert "h000, h001, h002, h003 and 16 more" in shown(render_alert(campaign))


def test_a_line_is_one_line() -> None:
    """The compact form fits one line at any width and says what was added."""
    campaign, _ = alerts()
    update = msgspec.structs.replace(campaign, state="update", sequence=1)
    for width in (40, 110):
        assert shown(render_line(update), width).count("\n") == 1
    assert "UPDATE" in shown(render_line(update))
    assert "(+20)" in shown(render_line(update))


def test_every_severity_and_state_renders() -> None:
    """No severity or state lacks a style."""
    campaign, _ = alerts()
    for severity in ("info", "low", "medium", "high", "critical"):
        for state in ("open", "update", "closed"):
            changed = msgspec.structs.replace(campaign, severity=severity, state=state)
            assert severity.upper() in shown(render_alert(changed))
            assert severity.upper() in shown(render_line(changed))


def test_ids_with_markup_are_shown_as_they_are() -> None:
    """Square brackets in an account id are text, not styling."""
    (opened,) = Decision(DetectionSettings(), "test").apply(account(0, account_id="[bold]x[/bold]"))
    assert "[bold]x[/bold]" in shown(render_alert(opened))
    assert "[bold]x[/bold]" in shown(render_line(opened))


def test_the_summary_counts_right_and_wrong_names() -> None:
    """With labels the summary says how many harvesting and how many innocent accounts were named."""
    summary = RunSummary(
        events=20_000,
        dead_letters=3,
        accounts=400,
        elapsed_s=10.0,
        alerts=alerts(),
        harvesting=frozenset(f"h{n:03}" for n in range(60)),
    )
    text = " ".join(shown(render_summary(summary)).split())
    for expected in ("20,000 events of 400 accounts (2,000 a second)", "20 of 60 harvesting accounts named"):
        assert expected in text
    assert "1 innocent account named" in text
    unlabelled = msgspec.structs.replace(summary, harvesting=None, elapsed_s=0.0)
    assert "21 accounts named" in " ".join(shown(render_summary(unlabelled)).split())


def test_named_accounts_are_counted_once() -> None:
    """An account that two alerts name is one account."""
    assert named_accounts(alerts() * 2) == {f"h{n:03}" for n in range(20)} | {"a"}
