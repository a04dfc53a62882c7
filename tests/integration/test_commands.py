"""The commands that look at a cluster, and what every command says of itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import orjson
import pytest
from click.testing import CliRunner, Result

from streams import topics
from streams.commands import _COMMANDS, main
from streams.settings import load_settings
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.integration.deployment import Deployment
from tests.integration.events import encoded
from tests.shared_kafka import Kafka


def run(*arguments: str) -> Result:
    """Run a command in this process."""
    return CliRunner().invoke(main, list(arguments))


def findings(result: Result) -> dict[str, dict[str, object]]:
    """Return what ``doctor --json`` found, by check; of several findings of a check the last."""
    return {finding["check"]: finding for finding in orjson.loads(result.stdout)}


@pytest.fixture
def cluster(kafka: Kafka, topic_prefix: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Name the session's broker in the environment, with a prefix under which there is no topic; return the prefix."""
    monkeypatch.setenv("STILLWATCH_KAFKA_BOOTSTRAP_SERVERS", kafka.bootstrap_servers)
    monkeypatch.setenv("STILLWATCH_TOPIC_PREFIX", topic_prefix)
    monkeypatch.setenv("STILLWATCH_GROUP_ID", topic_prefix.rstrip("."))
    monkeypatch.setenv("STILLWATCH_HASH_KEY", "0123456789abcdef0123456789abcdef")
    return topic_prefix


def test_the_entry_point_says_its_version() -> None:
    """``stillwatch --version``, as installed."""
    program = Path(sys.executable).with_name("stillwatch")
    said = subprocess.run([str(program), "--version"], capture_output=True, text=True, timeout=60, check=True)
    assert said.stdout.startswith("stillwatch, version 0.")


@pytest.mark.parametrize("command", _COMMANDS)
def test_every_command_explains_itself(command: str) -> None:
    """``--help`` ends with status 0, a sentence on what the command does and one on each option."""
    result = run(command, "--help")
    assert result.exit_code == 0, result.output
    usage, _, rest = result.output.partition("\n\n")
    assert usage.startswith(f"Usage: main {command}")
    assert rest.split("Options:")[0].strip()
    assert command in run("--help").output


def test_the_list_of_commands_imports_none() -> None:
    """``stillwatch --help`` says of each command what that says of itself, and loads no models to do so."""
    script = (
        "import sys; from streams.commands import main; main(['--help'], standalone_mode=False); print(*sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60, check=True).stdout
    assert not {"numpy", "kafka", "pydantic"} & set(said.splitlines()[-1].split())
    for command, (_, sentence) in _COMMANDS.items():
        found = main.get_command(click.Context(main), command)
        assert found
        assert found.get_short_help_str(limit=200) == sentence


def test_an_unknown_command_is_named() -> None:
    """A misspelt command is a usage error, status 2."""
    result = run("reply")
    assert result.exit_code == 2
    assert "No such command 'reply'" in result.output


@pytest.mark.integration
def test_topics_are_created_and_checked(cluster: str) -> None:
    """Missing ones are told with status 1, ``--create`` makes them, and then nothing differs."""
    wanted = topics.topics(load_settings())
    before = run("topics")
    assert before.exit_code == 1
    for topic in wanted:
        assert f"{topic.name}: missing; run `stillwatch topics --create`" in before.stderr
    made = run("topics", "--create")
    assert (made.exit_code, made.stderr) == (0, "")
    assert f"{cluster}requests.v1" in made.stdout.replace("\n", "")
    again = run("topics", "--create")
    assert (again.exit_code, again.stderr) == (0, "")


@pytest.mark.integration
def test_another_width_is_told_by_topics_and_doctor(cluster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Topics made for four partitions under settings for eight: both say which topic, both numbers and the mend."""
    assert run("topics", "--create").exit_code == 0
    monkeypatch.setenv("STILLWATCH_DETECTION__PARTITIONS", "8")
    checked = run("topics")
    assert checked.exit_code == 1
    assert f"{cluster}requests.v1: 4 partitions, settings say 8; set STILLWATCH_DETECTION__PARTITIONS" in checked.stderr
    result = run("doctor", "--json")
    assert result.exit_code == 1
    faults = [finding for finding in orjson.loads(result.stdout) if not finding["passed"]]
    assert {finding["check"] for finding in faults} == {"topics"}
    assert f"{cluster}requests.v1: 4 partitions, settings say 8" in {finding["found"] for finding in faults}
    assert all("STILLWATCH_DETECTION__PARTITIONS" in finding["mend"] for finding in faults)


@pytest.mark.integration
@pytest.mark.usefixtures("cluster")
def test_a_changed_topic_setting_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """A topic with another retention than the settings want is told with the command that mends it."""
    assert run("topics", "--create").exit_code == 0
    monkeypatch.setenv("STILLWATCH_REQUESTS_RETENTION_HOURS", "1")
    checked = run("topics")
    assert checked.exit_code == 1
    assert "retention.ms=604800000, should be 3600000; run `kafka-configs --alter" in checked.stderr


@pytest.mark.integration
def test_a_recording_holds_what_the_topic_holds(
    deploy: Callable[..., Deployment], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """``topics --record`` writes every record, ticks too, in each format; ``replay --recorded`` reads them."""
    deployment = deploy()
    deployment.produce([*encoded(simulate(preset("demo"), seed=23).events(), limit=1_500), (b"\xff", b"\xff")])
    deployment.produce_tick(1_900_000_000_000)
    summaries = set()
    for suffix in (".jsonl", ".jsonl.gz", ".jsonl.zst"):
        path = tmp_path / f"recording{suffix}"
        result = run("topics", "--record", str(path))
        assert result.exit_code == 0, result.output
        assert f"1,505 records written to {path}" in result.stderr
        replayed = run("replay", "--recorded", "--json", str(path), "--out", str(tmp_path / "out"))
        assert replayed.exit_code == 0, replayed.output
        summaries.add(replayed.stdout)
    (summary,) = map(orjson.loads, summaries)
    assert (summary["events"], sum(summary["dead_letters"].values())) == (1_500, 1)
    monkeypatch.setenv("STILLWATCH_DETECTION__PARTITIONS", "2")
    narrower = run("replay", "--recorded", str(path), "--out", str(tmp_path / "out"))
    assert narrower.exit_code == 1
    assert "set STILLWATCH_DETECTION__PARTITIONS" in narrower.output


@pytest.mark.integration
def test_the_doctor_finds_a_sound_deployment_sound(deploy: Callable[..., Deployment]) -> None:
    """All checks pass with status 0, in the table and as JSON."""
    deployment = deploy(STILLWATCH_HASH_KEY="0123456789abcdef0123456789abcdef")
    deployment.produce(encoded(simulate(preset("demo"), seed=24).events(), limit=300))
    result = run("doctor", "--json")
    assert result.exit_code == 0, result.output
    found = findings(result)
    assert {"settings", "hash_key", "broker", "topics", "keys"} <= set(found)
    assert found["keys"]["found"] == "of 300 recent requests 0 without a key, 0 on another partition than murmur2 gives"
    shown = run("doctor")
    assert shown.exit_code == 0
    assert "fault" not in shown.stdout


@pytest.mark.integration
def test_the_doctor_names_each_fault_with_its_mend(cluster: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Missing topics, the development key, a silent broker and a wrong setting: status 1, found and mend for each."""
    absent = run("doctor", "--json")
    assert absent.exit_code == 1
    assert findings(absent)["topics"]["mend"] == "run `stillwatch topics --create`"
    assert cluster in str(findings(absent)["topics"]["found"])
    monkeypatch.delenv("STILLWATCH_HASH_KEY")
    assert "STILLWATCH_HASH_KEY" in str(findings(run("doctor", "--json"))["hash_key"]["mend"])
    monkeypatch.setenv("STILLWATCH_WEB_PORT", "70000")
    wrong = run("doctor", "--json")
    assert wrong.exit_code == 1
    assert "web_port (STILLWATCH_WEB_PORT" in str(findings(wrong)["settings"]["found"])


@pytest.mark.integration
def test_the_doctor_finds_misplaced_keys(deploy: Callable[..., Deployment]) -> None:
    """Requests without a key are counted, and what producers must set is named."""
    deployment = deploy()
    events = encoded(simulate(preset("demo"), seed=25).events(), limit=100)
    deployment.produce([(None, value) for _, value in events])
    result = run("doctor", "--json")
    assert result.exit_code == 1
    keys = findings(result)["keys"]
    assert keys["found"] == "of 100 recent requests 100 without a key, 0 on another partition than murmur2 gives"
    assert "murmur2_random" in str(keys["mend"])


def test_a_broker_that_is_not_there_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither worker nor doctor shows a traceback: the address, what to look at, status 1."""
    monkeypatch.setenv("STILLWATCH_KAFKA_BOOTSTRAP_SERVERS", "127.0.0.1:1")
    worker = subprocess.Popen([sys.executable, "-m", "streams", "worker"], stderr=subprocess.PIPE, text=True)
    result = run("doctor", "--json")
    _, said = worker.communicate(timeout=120)
    assert (worker.returncode, result.exit_code) == (1, 1)
    assert said.startswith("Error: kafka_bootstrap_servers=127.0.0.1:1: ")
    assert said.endswith("is the broker up, are the security settings right?\n")
    assert "127.0.0.1:1" in str(findings(result)["broker"]["found"])
    assert "STILLWATCH_KAFKA_BOOTSTRAP_SERVERS" in str(findings(result)["broker"]["mend"])
