"""TLS and SASL settings against a broker that demands both."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streams.broker import KafkaBroker
from streams.doctor import examine
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.integration.deployment import Deployment
from tests.integration.events import encoded
from tests.ports import reserved_ports

PASSWORD = "a-secret-that-must-not-be-logged"  # noqa: S105 - of a broker that lives for one test


def certificate(openssl: str, folder: Path) -> tuple[Path, Path]:
    """A self-signed certificate for 127.0.0.1 and its key, as PEM files."""
    chain, key = folder / "broker.crt", folder / "broker.key"
    command = [openssl, "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1",
               "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(key), "-out", str(chain)]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True)
    return chain, key


def secured(broker: KafkaBroker, port: int, chain: Path, key: Path) -> dict[str, str]:
    """Broker settings that add a SASL_SSL listener on ``port``."""
    controller = f"CONTROLLER://127.0.0.1:{broker._controller_port}"
    plain, secure = f"PLAINTEXT://{broker.bootstrap_servers}", f"SECURE://127.0.0.1:{port}"
    module = "org.apache.kafka.common.security.plain.PlainLoginModule"
    return {
        "listeners": f"{plain},{controller},{secure}",
        "advertised.listeners": f"{plain},{secure}",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,SECURE:SASL_SSL",
        "listener.name.secure.ssl.keystore.type": "PEM",
        "listener.name.secure.ssl.keystore.certificate.chain": chain.read_text().replace("\n", "\\n"),
        "listener.name.secure.ssl.keystore.key": key.read_text().replace("\n", "\\n"),
        "listener.name.secure.sasl.enabled.mechanisms": "PLAIN",
        "listener.name.secure.plain.sasl.jaas.config": f'{module} required user_stillwatch="{PASSWORD}";',
    }


@pytest.fixture
def secure_port(require_program: Callable[[str], str], tmp_path: Path) -> Iterator[tuple[int, Path]]:
    """The port of a SASL_SSL listener and the file of its authority."""
    chain, key = certificate(require_program("openssl"), tmp_path)
    (port,) = reserved_ports(1)
    broker = KafkaBroker()
    broker._settings = secured(broker, port, chain, key)
    with broker:
        yield port, chain


@pytest.mark.integration
def test_a_worker_runs_over_tls_with_a_password(secure_port: tuple[int, Path], tmp_path: Path) -> None:
    """Topics, worker, producer and doctor reach the broker over SASL_SSL, and the password is never logged."""
    port, authority = secure_port
    before = dict(os.environ)
    deployment = Deployment(
        f"127.0.0.1:{port}",
        "secured",
        tmp_path,
        STILLWATCH_KAFKA_SECURITY_PROTOCOL="SASL_SSL",
        STILLWATCH_KAFKA_SASL_USERNAME="stillwatch",
        STILLWATCH_KAFKA_SASL_PASSWORD=PASSWORD,
        STILLWATCH_KAFKA_SSL_CAFILE=str(authority),
        STILLWATCH_HASH_KEY="thirty-two-bytes-of-a-test-secret",
    )
    try:
        deployment.produce(encoded(simulate(preset("demo"), seed=3).events(), limit=300))
        worker = deployment.start_worker()
        deployment.wait_ready(worker)
        deployment.wait_applied([worker])
        assert worker.metric("stillwatch_events_total") == 300
        assert worker.stop() == 0
        assert PASSWORD not in worker.log.read_text()
        assert [finding for finding in examine() if not finding.passed] == []
        os.environ["STILLWATCH_KAFKA_SASL_PASSWORD"] = "wrong"  # noqa: S105 - meant to fail
        faults = [finding for finding in examine() if not finding.passed]
        assert [fault.check for fault in faults] == ["broker"]
        assert "_SASL_" in faults[0].mend
    finally:
        deployment.close()
        os.environ.clear()
        os.environ.update(before)
