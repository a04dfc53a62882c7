"""Fetches jars by their coordinates through an ordinary client: Maven, else the Python package `jgo`."""

import importlib
import importlib.util
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from streams.broker.errors import DownloadError
from streams.broker.jars import Jar

_PLUGIN = "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:copy-dependencies"
_POM = """<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>stillwatch</groupId><artifactId>development-kafka</artifactId><version>1</version><packaging>pom</packaging>
  <dependencies>
{dependencies}
  </dependencies>
</project>
"""
_DEPENDENCY = (
    "    <dependency><groupId>{jar.group}</groupId><artifactId>{jar.artifact}</artifactId>"
    "<version>{jar.version}</version>"
    "<exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions></dependency>"
)
_LONGEST_DOWNLOAD_SECONDS = 900.0
# Maven runs for seconds: C1 alone and the serial collector more than halve its CPU time.
_JVM_OPTIONS = "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC"
_CONNECTIONS = 8


def fetch_jars(jars: Sequence[Jar], directory: Path, progress: Callable[[str], None]) -> None:
    """Put every jar of `jars` into `directory`, which exists; what is already there and unchanged is left alone.

    Args:
        jars: What to fetch.
        directory: Where to; Maven's log stays in it when Maven fails.
        progress: Told what is downloaded, how much, and through which client.

    Raises:
        DownloadError: No client is installed, it failed, or a jar is not the locked one.

    """
    missing = [jar for jar in jars if not jar.is_complete_in(directory)]
    if not missing:
        return
    client, fetch = _choose_client()
    megabytes = sum(jar.size_bytes for jar in missing) / 1e6
    progress(f"Downloading Apache Kafka ({len(missing)} jars, {megabytes:.0f} MB) through {client}")
    for jar in missing:
        (directory / jar.file_name).unlink(missing_ok=True)
    fetch(missing, directory)
    wrong = [jar for jar in missing if not jar.is_complete_in(directory)]
    if wrong:
        for jar in wrong:
            (directory / jar.file_name).unlink(missing_ok=True)
        names = ", ".join(f"{jar.group}:{jar.artifact}:{jar.version}" for jar in wrong)
        raise DownloadError(
            f"{client} did not bring the content that streams/broker/jars.lock names for {names}."
            " Try again; if it stays so, the repository that Maven uses serves other files than Maven Central."
        )


def _choose_client() -> tuple[str, Callable[[Sequence[Jar], Path], None]]:
    if shutil.which("mvn"):
        return "Maven", _fetch_with_maven
    if importlib.util.find_spec("jgo"):
        return "jgo", _fetch_with_jgo
    raise DownloadError(
        "Apache Kafka's jars are fetched through Maven or the Python package jgo, and neither is installed."
        " Install one: `apt-get install maven` or `pip install 'stillwatch[jars]'`."
    )


def _fetch_with_maven(jars: Sequence[Jar], directory: Path) -> None:
    pom, log = directory / "pom.xml", directory / "maven.log"
    pom.write_text(_POM.format(dependencies="\n".join(_DEPENDENCY.format(jar=jar) for jar in jars)))
    command = ["mvn", "-B", "-q", "-Dstyle.color=never", "-f", str(pom), _PLUGIN, f"-DoutputDirectory={directory}"]
    environment = os.environ | {"MAVEN_OPTS": f"{_JVM_OPTIONS} {os.environ.get('MAVEN_OPTS', '')}".rstrip()}
    try:
        with log.open("w") as output:
            subprocess.run(  # noqa: S603 - our own arguments
                command,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                timeout=_LONGEST_DOWNLOAD_SECONDS,
                check=True,
            )
    except (OSError, subprocess.SubprocessError) as error:
        said = log.read_text(errors="replace")[-2000:]
        raise DownloadError(f"Maven could not fetch Apache Kafka ({error}); its log is {log}:\n{said}") from error


def _fetch_with_jgo(jars: Sequence[Jar], directory: Path) -> None:
    repository = directory / "repository"
    # A file that an interrupted download left would be taken for the whole.
    shutil.rmtree(repository, ignore_errors=True)
    context = importlib.import_module("jgo.maven").MavenContext(repo_cache=repository, timeout=60)

    def fetch(jar: Jar) -> None:
        found = context.project(jar.group, jar.artifact).at_version(jar.version).artifact().resolve()
        shutil.move(found, directory / jar.file_name)

    with ThreadPoolExecutor(_CONNECTIONS) as connections:
        running = [(jar, connections.submit(fetch, jar)) for jar in jars]
    for jar, result in running:
        if error := result.exception():
            coordinates = f"{jar.group}:{jar.artifact}:{jar.version}"
            raise DownloadError(f"jgo could not fetch {coordinates} ({error}). Try again.") from error
    shutil.rmtree(repository)
