import itertools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest
from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.admin import NewTopic

from streams.broker import BrokerError, JavaNotFoundError, KafkaBroker, find_java
from streams.broker.ports import accepts_connections
from tests.shared_kafka import Kafka

_EIGHT_MIB = 8 * 1024 * 1024


def _create_topic(broker: Kafka, topic: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    try:
        admin.create_topics([NewTopic(name=topic, num_partitions=1, replication_factor=1)])
    finally:
        admin.close()


def _write(broker: Kafka, topic: str, values: list[bytes]) -> None:
    producer = KafkaProducer(
        bootstrap_servers=broker.bootstrap_servers, acks="all", max_request_size=2 * _EIGHT_MIB, max_block_ms=30_000
    )
    try:
        for sent in [producer.send(topic, value, partition=0) for value in values]:
            sent.get(timeout=30)
    finally:
        producer.close()


def _read(broker: Kafka, topic: str, count: int) -> list[bytes]:
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap_servers, consumer_timeout_ms=30_000)
    try:
        consumer.assign([TopicPartition(topic, 0)])
        consumer.seek_to_beginning()
        return [message.value for message in itertools.islice(consumer, count)]
    finally:
        consumer.close()


def _port(broker: Kafka) -> int:
    return int(broker.bootstrap_servers.rpartition(":")[2])


def _ends_within(pid: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while psutil.pid_exists(pid) and time.monotonic() < deadline:
        time.sleep(0.05)
    return not psutil.pid_exists(pid)


def test_a_message_of_eight_mib_passes(kafka: Kafka, topic_prefix: str) -> None:
    """The running broker takes and gives back a message as large as the requests topic allows."""
    topic = f"{topic_prefix}large"
    _create_topic(kafka, topic)
    _write(kafka, topic, [b"x" * _EIGHT_MIB])
    assert [len(value) for value in _read(kafka, topic, 1)] == [_EIGHT_MIB]


def test_an_unknown_topic_is_not_created(kafka: Kafka, topic_prefix: str) -> None:
    """Reading from a misspelt topic leaves no topic behind."""
    consumer = KafkaConsumer(bootstrap_servers=kafka.bootstrap_servers)
    try:
        assert consumer.partitions_for_topic(f"{topic_prefix}misspelt") in (None, set())
        assert f"{topic_prefix}misspelt" not in consumer.topics()
    finally:
        consumer.close()


def test_messages_survive_a_restart_and_a_kill() -> None:
    """What was acknowledged is still there, on the same port, after an orderly and after a violent end."""
    with KafkaBroker() as broker:
        address = broker.bootstrap_servers
        _create_topic(broker, "kept")
        _write(broker, "kept", [b"first"])
        broker.restart()
        _write(broker, "kept", [b"second"])
        broker.kill()
        assert broker.pid is None
        broker.start()
        assert _read(broker, "kept", 2) == [b"first", b"second"]
        assert address == broker.bootstrap_servers


def test_a_stopped_broker_leaves_nothing() -> None:
    """After `stop` there is no process, no listening port and no temporary directory."""
    with KafkaBroker() as broker:
        pid, directory = broker.pid, broker.directory
        assert pid is not None
        assert accepts_connections(_port(broker))
    assert not psutil.pid_exists(pid)
    assert not accepts_connections(_port(broker))
    assert not directory.exists()
    broker.stop()


def test_a_given_directory_is_kept_and_used_again(tmp_path: Path) -> None:
    """A broker on the directory of an earlier one has that one's messages."""
    with KafkaBroker(tmp_path / "broker") as broker:
        _create_topic(broker, "kept")
        _write(broker, "kept", [b"one"])
    with KafkaBroker(tmp_path / "broker") as broker:
        assert _read(broker, "kept", 1) == [b"one"]


def test_two_brokers_run_side_by_side(kafka: Kafka, topic_prefix: str) -> None:
    """A second broker has an address and topics of its own."""
    topic = f"{topic_prefix}here"
    with KafkaBroker() as second:
        assert kafka.bootstrap_servers != second.bootstrap_servers
        _create_topic(kafka, topic)
        _create_topic(second, topic)
        _write(kafka, topic, [b"first"])
        _write(second, topic, [b"second"])
        assert [_read(broker, topic, 1) for broker in (kafka, second)] == [[b"first"], [b"second"]]


def test_a_broker_dies_with_its_parent(tmp_path: Path) -> None:
    """When the process that started a broker is killed, the broker is gone soon after."""
    script = (
        "import os, signal, sys; from pathlib import Path; from streams.broker import KafkaBroker;"
        "broker = KafkaBroker(Path(sys.argv[1])); broker.start(); print(broker.pid, flush=True);"
        "os.kill(os.getpid(), signal.SIGKILL)"
    )
    parent = subprocess.run(
        [sys.executable, "-c", script, tmp_path / "broker"], stdout=subprocess.PIPE, text=True, timeout=120, check=False
    )
    assert parent.returncode == -signal.SIGKILL
    assert _ends_within(int(parent.stdout), seconds=10)


def test_a_failed_start_names_the_log_and_keeps_it() -> None:
    """A broker that refuses its settings fails at once, with its own words and the path of its log."""
    told: list[str] = []
    broker = KafkaBroker(settings={"log.retention.hours": "soon"}, progress=told.append)
    with pytest.raises(BrokerError, match=r"soon.* log\.retention\.hours") as failure:
        broker.start()
    assert str(broker.log_path) in str(failure.value)
    assert broker.log_path.exists()
    assert broker.pid is None
    broker.stop()


def test_without_java_the_error_names_the_mend(monkeypatch: pytest.MonkeyPatch) -> None:
    """No Java anywhere: the message says where it looked and what to install."""
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(JavaNotFoundError, match=r"found none .*JAVA_HOME.*apt-get install.*stillwatch\[jre\]"):
        KafkaBroker()


def test_an_old_java_is_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A Java below 17 in JAVA_HOME is named in the error, or passed over for a newer one on the PATH."""
    launcher = tmp_path / "bin" / "java"
    launcher.parent.mkdir()
    launcher.write_text("#!/bin/sh\necho 'openjdk version \"11.0.2\" 2019-01-15' >&2\n")
    launcher.chmod(0o755)
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    assert find_java().major >= 17
    monkeypatch.setenv("PATH", f"{tmp_path}/nothing{os.pathsep}/bin/nothing")
    monkeypatch.setattr("importlib.util.find_spec", lambda _: None)
    with pytest.raises(JavaNotFoundError, match="is Java 11"):
        find_java()
