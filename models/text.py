"""Normalise prompt text, so that case, width, composition and invisible characters cannot tell two prompts apart."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit

from models.characters import CODE_BITS, COMPLEX, character_table, ignored_codes, packed_characters

#: Text beyond this many UTF-8 bytes of its normalised form is ignored, unless the caller says otherwise.
MAX_PROMPT_BYTES = 32 << 10

# UAX 15's stream-safe format: at most 30 combining marks in a row (normalisation sorts them in quadratic time).
_MARKS_KEPT = 30
# No run this short grows past 30 under NFKC, which at most doubles a mark and adds three that its base held.
_MARKS_HARMLESS = 10
# NFKC joins at most four code points into one, and none takes less than a byte.
_RAW_PER_KEPT_BYTE = 4

# The lower case of a capital sigma depends on what stands around it.
_SIGMAS = frozenset("\u03c3\u03c2")

Int64s = npt.NDArray[np.int64]

_COMPLEX_BIT = np.uint32(COMPLEX << CODE_BITS)
_U_ZERO, _U_ONE, _U_TWO, _U_THREE = (np.uint64(number) for number in range(4))


def normalise(text: str, max_bytes: int = MAX_PROMPT_BYTES) -> str:
    r"""Remove what does not show (Cf, default ignorable), apply NFKC (UAX 15) and lower case, cut at ``max_bytes``.

    The cut is at a character boundary of the normalised text. Idempotent. Cost: about 1 ns a byte for ASCII, up to
    0.3 microseconds a character where NFKC has work to do.

    >>> normalise("Ｔｈｉｎｋ step\u200b by STEP…")
    'think step by step...'
    """
    if text.isascii():
        return text[:max_bytes].lower()
    basic, astral, marks = _patterns()
    if basic.search(text):
        text = basic.sub("", text)
    if len(text.encode("utf-16-le")) > 2 * len(text):
        text = astral.sub("", text)
    text = text[: _RAW_PER_KEPT_BYTE * max_bytes]
    many_marks = marks.search(text) is not None
    if many_marks:
        text = _limit_marks(text)
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).lower())
    if many_marks:
        text = _limit_marks(text)
    if len(text) * 4 <= max_bytes:
        return text
    return text.encode()[:max_bytes].decode(errors="ignore")


class Encoded(NamedTuple):
    """Some texts as UTF-8, ready to be segmented; none is cut off in the middle of a character.

    ``buffer``: all of them in one, in any order, anything between them, a line feed after each but one that ends with
    it; of fewer than 2**31 bytes.
    ``starts``, ``ends`` (int64, per text): its place in ``buffer``.
    """

    buffer: bytes | memoryview
    starts: Int64s
    ends: Int64s


def encode_texts(texts: Sequence[str], max_bytes: int = MAX_PROMPT_BYTES) -> Encoded:
    """UTF-8 of each text, such that ``segment`` makes of it what it would make of ``normalise(text)``.

    Only texts whose characters act on each other (combining marks and the like) are normalised here, one by one;
    the others are normalised code point by code point when they are segmented.
    """
    parts = [(text[:max_bytes] if text.isascii() else text).encode() for text in texts]
    sizes = np.fromiter(map(len, parts), dtype=np.int64, count=len(parts))
    ends = np.cumsum(sizes + 1) - 1
    encoded = Encoded(memoryview(bytearray(b"\n").join(parts)), ends - sizes, ends)
    wide = np.array([index for index, text in enumerate(texts) if not text.isascii()], dtype=np.int64)
    return settle_complex(encoded, wide, max_bytes) if len(wide) else encoded


def settle_complex(texts: Encoded, wide: Int64s, max_bytes: int = MAX_PROMPT_BYTES) -> Encoded:
    """Normalise those of the texts numbered ``wide`` whose characters act on each other, as ``encode_texts`` does.

    Where a text only needs some characters spelt out, they are in the buffer itself, which must be writable.
    """
    buffer = np.frombuffer(texts.buffer, dtype=np.uint8)
    found = _holds_complex(buffer, texts.starts[wide], texts.ends[wide], _complex_leads(), packed_characters())
    chosen: list[int] = wide[found].tolist()
    starts, ends = texts.starts.copy(), texts.ends.copy()
    parts: list[bytes | memoryview] = [texts.buffer]
    size = len(texts.buffer)
    for index in chosen:
        start, end = int(starts[index]), int(ends[index])
        raw = bytes(texts.buffer[start:end]).decode()
        spelt = _spelt_out(raw)
        if spelt is None:
            part = normalise(raw, max_bytes).encode()
            parts.append(part)
            starts[index] = size + 1
            size += 1 + len(part)
            ends[index] = size
        elif len(spelt) < end - start:
            buffer[start : start + len(spelt) + 1] = np.frombuffer(spelt + b"\n", dtype=np.uint8)
            ends[index] = start + len(spelt)
        else:
            buffer[start:end] = np.frombuffer(spelt, dtype=np.uint8)
    return Encoded(b"\n".join(parts) if len(parts) > 1 else texts.buffer, starts, ends)


def _spelt_out(text: str) -> bytes | None:
    """UTF-8 of a text that is no longer than its own and needs no normalising; ``None`` if there is none."""
    spellings, abbreviations, acting = _spellings()
    if acting.search(text):
        return None
    return abbreviations.sub(lambda found: spellings[found[0]], text).encode()


@lru_cache(maxsize=1)
def _spellings() -> tuple[dict[str, str], re.Pattern[str], re.Pattern[str]]:
    """Complex characters that act on no other and whose normal form takes no more bytes; a set of them; the others."""
    kinds = character_table().kinds
    spellings, acting = {}, []
    for code in np.flatnonzero(kinds[:0x10000] >= COMPLEX).tolist():
        character = chr(code)
        normal = normalise(character)
        plain = all(kinds[ord(part)] < COMPLEX for part in normal) and not set(normal) & _SIGMAS
        if plain and len(normal.encode()) <= len(character.encode()):
            spellings[character] = normal
        else:
            acting.append(code)
    # One range for all beyond the basic plane, for the reason given at ``_patterns``.
    return (
        spellings,
        re.compile(f"[{''.join(spellings)}]"),
        re.compile(f"[{_ranges(acting)}\U00010000-\U0010ffff]"),
    )


def join_encoded(parts: Sequence[Encoded]) -> tuple[npt.NDArray[np.uint8], Int64s, Int64s]:
    """Encoded texts in one buffer, a line feed after each, with where each begins and ends."""
    shifts = np.zeros(len(parts), dtype=np.int64)
    shifts[1:] = np.cumsum([len(part.buffer) + 1 for part in parts[:-1]])
    starts = [part.starts + shift for part, shift in zip(parts, shifts, strict=True)]
    ends = [part.ends + shift for part, shift in zip(parts, shifts, strict=True)]
    # The last line feeds let kernels look eight bytes ahead without asking whether there is more.
    joined = b"\n".join([*(part.buffer for part in parts), b"\n" * 8])
    return np.frombuffer(joined, dtype=np.uint8), np.concatenate(starts), np.concatenate(ends)


def _limit_marks(text: str) -> str:
    """Keep the first ``_MARKS_KEPT`` marks of each run."""
    kept = []
    run = 0
    for character in text:
        run = run + 1 if unicodedata.combining(character) else 0
        if run <= _MARKS_KEPT:
            kept.append(character)
    return "".join(kept)


@lru_cache(maxsize=1)
def _patterns() -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """Ignored characters within the basic plane and beyond it, and what may be a long run of combining marks.

    ``re`` looks a character of the basic plane up in a bit map but tries ranges beyond it one after another: hence
    two sets of ignored characters, and every character beyond the plane taken for a mark at first.
    """
    ignored = ignored_codes()
    marks = (code for code in range(0x10000) if unicodedata.combining(chr(code)))
    return (
        re.compile(f"[{_ranges(code for code in ignored if code < 0x10000)}]"),
        re.compile(f"[{_ranges(code for code in ignored if code >= 0x10000)}]"),
        re.compile(f"[{_ranges(marks)}\U00010000-\U0010ffff]{{{_MARKS_HARMLESS + 1}}}"),
    )


def _ranges(codes: Iterable[int]) -> str:
    """Write ascending code points as what stands in a regular expression's set."""
    runs: list[list[int]] = []
    for code in codes:
        if runs and runs[-1][1] == code - 1:
            runs[-1][1] = code
        else:
            runs.append([code, code])
    return "".join(f"{chr(first)}-{chr(last)}" for first, last in runs)


@njit(cache=True)
def decode_kernel(buffer: npt.NDArray[np.uint8], at: np.uint64) -> tuple[np.int64, int]:
    """Code point and its number of bytes at ``at`` of valid UTF-8."""
    first = np.int64(buffer[at])
    if first < 0x80:
        return first, 1
    second = np.int64(buffer[at + _U_ONE]) & 0x3F
    if first < 0xE0:
        return (first & 0x1F) << 6 | second, 2
    third = np.int64(buffer[at + _U_TWO]) & 0x3F
    if first < 0xF0:
        return (first & 0x0F) << 12 | second << 6 | third, 3
    return (first & 0x07) << 18 | second << 12 | third << 6 | np.int64(buffer[at + _U_THREE]) & 0x3F, 4


@lru_cache(maxsize=1)
def _complex_leads() -> npt.NDArray[np.bool_]:
    """Tell for each byte whether it begins a complex character, perhaps; no byte within a character does."""
    codes = np.flatnonzero(character_table().kinds >= COMPLEX)
    leads = np.zeros(256, dtype=np.bool_)
    leads[[chr(code).encode()[0] for code in codes.tolist()]] = True
    return leads


@njit(cache=True)
def _holds_complex(
    buffer: npt.NDArray[np.uint8],
    starts: Int64s,
    ends: Int64s,
    complex_leads: npt.NDArray[np.bool_],
    characters: npt.NDArray[np.uint32],
) -> npt.NDArray[np.bool_]:
    found = np.zeros(len(starts), dtype=np.bool_)
    for index in range(len(starts)):
        for at in range(np.uint64(starts[index]), np.uint64(ends[index])):
            if complex_leads[buffer[at]] and characters[decode_kernel(buffer, np.uint64(at))[0]] & _COMPLEX_BIT:
                found[index] = True
                break
    return found
