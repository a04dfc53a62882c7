"""Fixtures of the tests that run real workers on a real broker."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from streams.broker import KafkaBroker
from tests.integration.deployment import Deployment


@pytest.fixture
def deploy(kafka: KafkaBroker, topic_prefix: str, tmp_path: Path) -> Iterator[Callable[..., Deployment]]:
    """Make deployments on the session's broker; their workers end with the test, the environment is restored."""
    before = dict(os.environ)
    made: list[Deployment] = []

    def make(**settings: str) -> Deployment:
        deployment = Deployment(kafka.bootstrap_servers, f"{topic_prefix}-{len(made)}", tmp_path, **settings)
        made.append(deployment)
        return deployment

    yield make
    for deployment in made:
        deployment.close()
    os.environ.clear()
    os.environ.update(before)
