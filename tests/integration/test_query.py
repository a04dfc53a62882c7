"""The query API on real workers: the same answer from each, and what a replay would have said."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

import msgspec
import orjson
import pytest

from models.alert import decode
from models.standing import CampaignStanding
from streams.events_file import open_lines
from streams.record import record_requests
from streams.replay import Replay
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.integration.deployment import Deployment, Worker
from tests.integration.events import encoded
from tests.integration.test_parity import verified_alerts

TOKEN = "a token of the tests, long enough"  # noqa: S105 - opens nothing
#: An id with everything that a path may get wrong.
ODD = "a/b c?d=ü#%2F"


def ask(worker: Worker, path: str, token: str | None = TOKEN) -> tuple[int, bytes]:
    """Ask a worker; return the status and the body."""
    request = urllib.request.Request(f"http://127.0.0.1:{worker.port}{path}")
    if token is not None:
        request.add_header("Authorization", f"Bearer {token}")
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - loopback
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.mark.integration
@pytest.mark.timeout(900)
def test_every_worker_answers_for_every_account(deploy: Callable[..., Deployment], tmp_path: Path) -> None:
    """Whoever owns it; counts and evidence are the replay's, campaigns are the open alerts', and logs name nobody."""
    deployment = deploy(
        STILLWATCH_DETECTION__PARTITIONS="2",
        STILLWATCH_DETECTION__FALSE_PAGES_PER_WEEK="100",
        STILLWATCH_WEB_TOKEN=TOKEN,
    )
    records = encoded(simulate(preset("parity"), seed=100).events(), 9_000)
    odd = orjson.loads(records[-1][1]) | {"account_id": ODD, "event_id": "odd"}
    records.append((ODD.encode(), orjson.dumps(odd)))
    workers = [deployment.start_worker(), deployment.start_worker()]
    for worker in workers:
        deployment.wait_ready(worker, within_s=240)
    deployment.produce(records)
    deployment.wait_applied(workers, within_s=300)

    recording = tmp_path / "recording.jsonl.zst"
    record_requests(deployment.settings, recording)
    replaying = Replay(deployment.settings)
    for _ in replaying.run(open_lines(recording), recorded=True):
        pass
    expected = {
        account_id: stage.standing_of(account_id)
        for stage in replaying.pipeline.accounts
        for account_id, _, _ in stage.standing()
    }
    # Not so many that the API's own limit is met.
    chosen = [ODD, *sorted(expected)[:40]]
    for account_id in chosen:
        answers = {ask(worker, f"/accounts/{quote(account_id, safe='')}") for worker in workers}
        assert answers == {(200, msgspec.json.encode(expected[account_id]))}
    assert {standing.status for standing in expected.values() if standing} == {"warming_up", "judged"}
    assert all(worker.metric("stillwatch_accounts") > 0 for worker in workers)

    told = [decode(value) for value in verified_alerts(deployment)]
    last = {alert.alert_id: alert for alert in told if alert.kind == "campaign"}
    still_open = [alert for alert in last.values() if alert.state != "closed"]
    assert still_open
    for alert in still_open[:4]:
        answers = {ask(worker, f"/campaigns/{name}?members=2")
                   for worker in workers for name in (alert.entity_id, alert.alert_id)}  # fmt: skip
        ((status, body),) = answers
        campaign = msgspec.json.decode(body, type=CampaignStanding)
        assert (status, campaign.alert_id) == (200, alert.alert_id)
        assert campaign.account_count == alert.account_count + campaign.unreported_account_count
        assert len(campaign.members) == 2
        assert 0 < campaign.groups[0].evidence_nats <= campaign.evidence_nats
    closed = [alert for alert in last.values() if alert.state == "closed"]
    time.sleep(2)
    refused = ["/accounts/nobody", f"/campaigns/{'0' * 32}", *(f"/campaigns/{alert.alert_id}" for alert in closed[:1])]
    assert {ask(worker, place)[0] for worker in workers for place in refused} == {404}
    assert {ask(workers[0], f"/accounts/{'a' * 257}")[0], ask(workers[0], "/campaigns/x?members=101")[0]} == {400}
    assert [ask(workers[0], "/accounts/nobody", token)[0] for token in (None, "wrong")] == [401, 401]
    assert orjson.loads(ask(workers[0], "/openapi.json", None)[1])["openapi"] == "3.1.0"

    assert workers[0].metric("stillwatch_queries_total", route="/accounts", status="200") >= len(chosen)
    assert [worker.stop() for worker in workers] == [0, 0]
    for worker in workers:
        log = worker.log.read_text()
        assert TOKEN not in log
        assert not [account_id for account_id in expected if account_id in log]
