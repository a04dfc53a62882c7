"""Fixtures of the tests that run real workers on a real broker."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from tests.integration.deployment import Deployment
from tests.shared_kafka import Kafka


@pytest.fixture
def deploy_on(topic_prefix: str, tmp_path: Path) -> Iterator[Callable[..., Deployment]]:
    """Make deployments on a given broker; their workers end with the test, the environment is restored."""
    before = dict(os.environ)
    made: list[Deployment] = []

    def make(broker: Kafka, **settings: str) -> Deployment:
        deployment = Deployment(broker.bootstrap_servers, f"{topic_prefix}-{len(made)}", tmp_path, **settings)
        made.append(deployment)
        return deployment

    yield make
    for deployment in made:
        deployment.close()
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture
def deploy(kafka: Kafka, deploy_on: Callable[..., Deployment]) -> Callable[..., Deployment]:
    """Make deployments on the session's broker."""
    return partial(deploy_on, kafka)
