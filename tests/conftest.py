"""Fixtures that every test may ask for."""

import os
import shutil
import uuid
from collections.abc import Callable, Iterator

import pytest
from hypothesis import settings

from streams.broker import KafkaBroker

# Compiling a kernel takes seconds, once: no deadline. A test whose examples are dear asks for fewer itself.
settings.register_profile("stillwatch", deadline=None)
# STILLWATCH_HYPOTHESIS=thorough looks for rarer cases, for a night or a release.
settings.register_profile("thorough", deadline=None, max_examples=2_000)
settings.load_profile(os.environ.get("STILLWATCH_HYPOTHESIS", "stillwatch"))

REQUIRE_SYSTEM_PACKAGES = "STILLWATCH_REQUIRE_SYSTEM_PACKAGES"


@pytest.fixture(scope="session")
def kafka() -> Iterator[KafkaBroker]:
    """One real Apache Kafka for the whole run; a test that stops or kills a broker starts its own."""
    with KafkaBroker() as broker:
        yield broker


@pytest.fixture
def topic_prefix() -> str:
    """Return a topic prefix that no other test uses, so that tests share the broker without meeting."""
    return f"test-{uuid.uuid4().hex[:12]}."


@pytest.fixture
def require_program() -> Callable[[str], str]:
    """Return a function that gives a program's path, or skips the test where the program is missing.

    With STILLWATCH_REQUIRE_SYSTEM_PACKAGES=1, as in CI, a missing program fails the test instead.
    """

    def require(name: str) -> str:
        path = shutil.which(name)
        if path is None:
            missing = f"the program {name} is not installed"
            if os.environ.get(REQUIRE_SYSTEM_PACKAGES) == "1":
                pytest.fail(f"{missing}, and {REQUIRE_SYSTEM_PACKAGES}=1 forbids to skip")
            pytest.skip(missing)
        return path

    return require
