"""The locked list of the jars that make up Apache Kafka (`jars.lock`, written by `make lock-kafka`)."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

_LOCK = Path(__file__).with_name("jars.lock")


@dataclass(frozen=True, slots=True)
class Jar:
    """One jar: Maven coordinates and the content that they must have.

    Attributes:
        group: Maven group id.
        artifact: Maven artifact id.
        version: Exact version.
        sha256: Hash of the content, in hexadecimal.
        size_bytes: Size of the content.

    """

    group: str
    artifact: str
    version: str
    sha256: str
    size_bytes: int

    @property
    def file_name(self) -> str:
        """Name that Maven gives the file."""
        return f"{self.artifact}-{self.version}.jar"

    def is_complete_in(self, directory: Path) -> bool:
        """Tell whether `directory` holds this jar, unchanged. Cost: reads the file."""
        path = directory / self.file_name
        if not path.exists() or path.stat().st_size != self.size_bytes:
            return False
        return hashlib.sha256(path.read_bytes()).hexdigest() == self.sha256


def parse_lock(text: str) -> tuple[Jar, ...]:
    r"""Read lines of `group:artifact:version sha256 bytes`; empty lines and lines that open with # say nothing.

    >>> parse_lock("# a comment\norg.slf4j:slf4j-api:1.7.36 d3ef 41125")[0].file_name
    'slf4j-api-1.7.36.jar'
    """
    jars = []
    for line in text.splitlines():
        if line and not line.startswith("#"):
            coordinates, sha256, size_bytes = line.split()
            group, artifact, version = coordinates.split(":")
            jars.append(Jar(group, artifact, version, sha256, int(size_bytes)))
    return tuple(jars)


def lock_digest() -> str:
    """Return a short hash of the locked list, so that another list gets another folder in the cache."""
    return hashlib.sha256(_LOCK.read_bytes()).hexdigest()[:8]


LOCKED_JARS = parse_lock(_LOCK.read_text())
