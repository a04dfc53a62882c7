"""From alert to verdict to effect, in the terminal, on a real broker, worker, sink and database."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from models.alert import Alert, decode
from models.alert import timestamp as rfc3339
from models.event import epoch_ms
from streams import topics
from streams.commands import main
from streams.evaluation.pages import PageBook
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.integration.deployment import Deployment, wait_until
from tests.integration.events import encoded
from tests.integration.store import Store
from tests.integration.test_parity import verified_alerts

EVENTS = 16_000
BUCKET_MS = 60_000
OLD = "acct-of-2019"


def run(*arguments: str, status: int = 0) -> Result:
    """Call the command line, which must end with this status."""
    result = CliRunner().invoke(main, list(arguments))
    assert result.exit_code == status, result.output
    return result


def told(*arguments: str) -> Any:
    """Call the command line with --json."""
    return orjson.loads(run(*arguments, "--json").stdout)


def alerts_of(deployment: Deployment) -> list[Alert]:
    """Return the records of alerts.v1, each once."""
    return [decode(value) for value in verified_alerts(deployment)]


def old_event(value: bytes) -> bytes:
    """Make an event that is too old for the default settings."""
    return orjson.dumps(
        orjson.loads(value) | {"account_id": OLD, "event_id": "o", "event_time": "2019-05-01T00:00:00Z"}
    )


@pytest.mark.integration
@pytest.mark.timeout(1_500)
def test_a_verdict_in_the_terminal_decides_and_is_seen(
    deploy: Callable[..., Deployment], store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It closes its alert at the next bucket, holds over a crash, and the store tells alert, verdict and silence."""
    deployment = deploy(STILLWATCH_DETECTION__PARTITIONS="2", STILLWATCH_DATABASE_URL=store_url)
    events = encoded(simulate(preset("parity"), seed=100).events(), EVENTS)
    half = EVENTS * 5 // 8
    worker = deployment.start_worker()
    deployment.wait_ready(worker, within_s=240)
    sink = Store(deployment, tmp_path / "store.log")
    try:
        deployment.produce([*events[:half], (OLD.encode(), old_event(events[0][1]))])
        deployment.wait_applied([worker], within_s=300)
        sink.wait_stored(store_url)
        line = told("alerts", "list")[0]
        newest_ms = max(
            epoch_ms(datetime.fromisoformat(orjson.loads(value)["event_time"])) for _, value in events[:half]
        )
        given_ms = newest_ms + BUCKET_MS
        words = [
            "--until",
            rfc3339(given_ms + 90 * 86_400_000),
            "--given-at",
            rfc3339(given_ms),
            "--note",
            "a load test",
        ]
        verdict_id = run("verdict", line["alert_id"][:12], "expected", *words, "--owner", "ada").stdout.strip()
        wait_until(
            lambda: any(r.key == b"verdict" for r in deployment.read(topics.CANDIDATES)), 120, lambda: "no verdict"
        )
        worker.kill()
        second = deployment.start_worker()
        deployment.wait_ready(second, within_s=240)
        deployment.produce(events[half:])
        deployment.produce_tick(preset("parity").end_ms + 25 * 3_600_000)
        deployment.wait_applied([second], within_s=400)
        sink.wait_stored(store_url)

        (closing,) = [alert for alert in alerts_of(deployment) if alert.closed_by_verdict]
        assert (closing.alert_id, closing.closed_by_verdict) == (line["alert_id"], verdict_id)
        assert closing.detected_at == rfc3339((given_ms // BUCKET_MS + 1) * BUCKET_MS)
        standing = told("alerts", "show", line["alert_id"])["standing"]
        assert (standing["state"], standing["closed_by_verdict"], standing["verdict"]) == (
            "closed",
            verdict_id,
            "expected",
        )
        (silence,) = told("suppressions", "list", "--at", rfc3339(given_ms + 86_400_000))
        assert (silence["verdict_id"], silence["owner"], silence["reason"]) == (verdict_id, "ada", "a load test")
        check_tail(deployment, monkeypatch, store_url)
        check_budget(deployment)
        check_redrive(deployment, monkeypatch, store_url)
        assert second.stop() == 0
    finally:
        sink.stop()


def check_tail(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """With a store and without one, tail gives the same records."""
    words = ["alerts", "tail", "--from-start", "--once", "--json"]
    from_store = [decode(line) for line in run(*words).stdout.encode().splitlines()]
    monkeypatch.delenv("STILLWATCH_DATABASE_URL")
    from_topic = [decode(line) for line in run(*words).stdout.encode().splitlines()]
    monkeypatch.setenv("STILLWATCH_DATABASE_URL", url)
    assert from_store == alerts_of(deployment)
    assert {alert.alert_id: alert for alert in from_topic} == {alert.alert_id: alert for alert in from_store}


def check_budget(deployment: Deployment) -> None:
    """Decided again under the budget that is set, logged candidates page as they did live; more budget, more pages."""
    live = PageBook()
    live.add(alerts_of(deployment))
    preview = told("budget", "preview", "--pages-per-week", "0.01", "--pages-per-week", "100")
    lines = {line["false_pages_per_week"]: line for line in preview["lines"]}
    assert lines[1.0]["is_set"]
    assert lines[1.0]["pages"] == len(live.pages())
    assert lines[0.01]["pages"] <= lines[1.0]["pages"] <= lines[100.0]["pages"]
    assert preview["verdicts"] == 1
    shown = run("budget", "preview").stdout
    assert "1 (set)" in shown


def check_redrive(deployment: Deployment, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """Refused while it does not decode; sent as it was once settings let it; not twice; nothing else is sent."""
    (letter,) = told("dead-letters", "list", "--reason", "too_old")
    monkeypatch.delenv("STILLWATCH_DATABASE_URL")
    (from_topic,) = told("dead-letters", "list", "--reason", "too_old")
    assert {name: from_topic[name] for name in ("topic", "partition", "log_offset", "field", "reason", "detail")} == {
        name: letter[name] for name in ("topic", "partition", "log_offset", "field", "reason", "detail")
    }
    monkeypatch.setenv("STILLWATCH_DATABASE_URL", url)
    place = f"{letter['topic']}/{letter['partition']}/{letter['log_offset']}"
    refused = orjson.loads(run("dead-letters", "redrive", place, "--json", status=1).stdout)
    assert [each["outcome"] for each in refused] == ["refused"]
    good = f"{letter['topic']}/{letter['partition']}/0"
    assert "no dead letter tells of it" in run("dead-letters", "redrive", good, status=1).output
    monkeypatch.setenv("STILLWATCH_DETECTION__EARLIEST_EVENT_MS", "0")
    (dry,) = told("dead-letters", "redrive", "--reason", "too_old", "--dry-run")
    assert dry["outcome"] == "would_send"
    (sent,) = told("dead-letters", "redrive", place, "--by", "ada")
    again = orjson.loads(run("dead-letters", "redrive", place, "--json", status=1).stdout)
    assert [each["outcome"] for each in again] == ["sent_before"]
    records = [record for record in deployment.read(topics.REQUESTS) if record.key == OLD.encode()]
    assert [record.offset for record in records] == [letter["log_offset"], sent["new_offset"]]
    assert records[0].value == records[1].value
    assert records[1].headers == [("redriven-from", place.encode())]
    assert "acct" not in run("dead-letters", "list").stdout
    assert datetime.fromisoformat(letter["appended_at"]) > datetime.now(UTC) - timedelta(hours=1)
