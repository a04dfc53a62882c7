"""Bundled prompt sets: samples of public corpora whose licences allow shipping them (see ``ATTRIBUTION.md``).

A corpus is a file of JSON lines ``{"text", "conv"?, "turn"?, "user"?}``, plain or compressed (.gz, .zst). Any other
folder of such files works in place of the bundled one.
"""

from __future__ import annotations

import gzip
from functools import lru_cache
from pathlib import Path

import msgspec
import zstandard

#: The folder of the bundled sets.
BUNDLED = Path(__file__).resolve().parent

_SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst")


class Prompt(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One prompt; ``conv`` and ``turn`` (from 1) place it in a conversation, ``user`` groups prompts of one origin."""

    text: str
    conv: str | None = None
    turn: int | None = None
    user: str | None = None


class Source(msgspec.Struct, frozen=True):
    """Where a bundled set comes from and what its licence asks for."""

    name: str
    role: str
    kind: str
    language: str
    rows: int
    repository: str
    commit: str
    path: str
    licence: str
    notice: str
    changes: str


class CorpusError(ValueError):
    """A corpus is missing or malformed; the message names the file, the line and the mend."""


def paths(folder: Path = BUNDLED) -> dict[str, Path]:
    """Corpus files of a folder by corpus name, sorted by name; raises ``CorpusError`` when there are none."""
    found: dict[str, Path] = {}
    for path in sorted(folder.iterdir()) if folder.is_dir() else []:
        suffix = next((suffix for suffix in _SUFFIXES if path.name.endswith(suffix)), None)
        if suffix is not None:
            found.setdefault(path.name.removesuffix(suffix), path)
    if not found:
        raise CorpusError(f"corpus folder {folder}: no {', '.join(_SUFFIXES)} files; name a folder that holds some")
    return found


def load(name: str, folder: Path = BUNDLED) -> list[Prompt]:
    """Read one corpus in file order; raises ``CorpusError`` when it is missing or a line is not a prompt."""
    found = paths(folder)
    if name not in found:
        raise CorpusError(f"corpus {name!r}: not in {folder}; it holds {', '.join(found)}")
    decoder = msgspec.json.Decoder(Prompt)
    prompts = []
    for number, line in enumerate(read(found[name]).splitlines(), start=1):
        if not line:
            continue
        try:
            prompts.append(decoder.decode(line))
        except msgspec.MsgspecError as error:
            raise CorpusError(f"{found[name]}:{number}: {error}; expected an object with a string 'text'") from error
    return prompts


@lru_cache(maxsize=4)
def load_all(folder: Path = BUNDLED) -> dict[str, list[Prompt]]:
    """Read every corpus of a folder, by name; treat the result as read-only, it is shared between callers."""
    return {name: load(name, folder) for name in paths(folder)}


def sources() -> list[Source]:
    """Origin and licence of every bundled set, sorted by name."""
    return msgspec.json.decode((BUNDLED / "sources.json").read_bytes(), type=list[Source])


def read(path: Path) -> bytes:
    """Return a file's bytes, decompressed according to its name."""
    if path.suffix == ".gz":
        return gzip.decompress(path.read_bytes())
    if path.suffix == ".zst":
        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as reader:
            return reader.read()
    return path.read_bytes()
