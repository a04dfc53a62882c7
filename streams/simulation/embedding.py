"""A stand-in for the embedding that some gateways send in place of text."""

from __future__ import annotations

import re
from typing import Final
from zlib import crc32

import numpy as np

#: Name under which the vectors go into events; no product computes the same ones.
MODEL: Final = "hashed-words-64"
_DIMENSIONS: Final = 64
_WORD: Final = re.compile(r"[a-z0-9]+|[\u4e00-\u9fff]")


def embed(text: str) -> list[float]:
    """Return 64 numbers of unit length: signed counts of the text's words in hashed places (feature hashing).

    Weinberger et al., Feature Hashing for Large Scale Multitask Learning, ICML 2009.
    """
    vector = np.zeros(_DIMENSIONS)
    for word in _WORD.findall(text.casefold()):
        code = crc32(word.encode())
        vector[code % _DIMENSIONS] += 1.0 if code & 0x8000_0000 else -1.0
    norm = float(np.linalg.norm(vector)) or 1.0
    return [round(float(value), 4) for value in vector / norm]
