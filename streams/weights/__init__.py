"""Weights that ship with packages: WordLlama's token vectors and tokenizer, and this project's codebook."""

from __future__ import annotations

import os
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file
from tokenizers import Tokenizer

from models.codebook import Codebook
from models.embedding import DEFAULT_CAPACITY, WordEmbedder
from models.features import CELL_COUNT, EMBEDDING_DIMENSIONS
from models.group_evidence import GroupModel, GroupWeights
from models.scripts import centre_by_script

#: The codebook that ships, written by the ``codebook`` command, and where it came from.
CODEBOOK_PATH = Path(__file__).with_name("codebook.npy")
PROVENANCE_PATH = Path(__file__).with_name("codebook.json")

#: Names what embeds: package, weights file, dimensions kept and what was done to them.
EMBEDDING_NAME = f"wordllama/l2_supercat_256:{EMBEDDING_DIMENSIONS}:centred-by-script"

#: The group weights that ship, written by the ``groups`` command.
GROUPS_PATH = Path(__file__).with_name("groups.json")

_WEIGHTS = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"
# SentencePiece's mark of a word's beginning, a token of its own before letters it was not merged with.
_WORD_START = "▁"
_WORDS_AT_A_TIME = 20


class WeightsError(RuntimeError):
    """A weights file is missing or damaged; the message names the file and the mend."""


def load_embedder(capacity: int = DEFAULT_CAPACITY) -> WordEmbedder:
    """Make an embedder with an empty word cache (0.3 s the first time, then cheap); raises ``WeightsError``."""
    return WordEmbedder(_token_vectors(), _tokenise, capacity)


def load_codebook(path: Path = CODEBOOK_PATH) -> Codebook:
    """Read a codebook; raises ``WeightsError`` unless it has the cells and dimensions this build works with."""
    try:
        centroids = np.load(path, allow_pickle=False)
    except (OSError, ValueError) as error:
        raise WeightsError(f"codebook {path}: {error}; write it with `stillwatch codebook`") from error
    if centroids.shape != (CELL_COUNT, EMBEDDING_DIMENSIONS):
        raise WeightsError(
            f"codebook {path}: shape {centroids.shape}, need {(CELL_COUNT, EMBEDDING_DIMENSIONS)}; "
            "write it again with `stillwatch codebook`"
        )
    return Codebook(centroids)


def load_groups(path: Path = GROUPS_PATH) -> GroupModel:
    """Read the weights of the group model; raises ``WeightsError`` for a file that this build cannot use."""
    try:
        return GroupModel(msgspec.json.decode(path.read_bytes(), type=GroupWeights))
    except (OSError, ValueError) as error:
        raise WeightsError(f"group weights {path}: {error}; write them with `stillwatch groups`") from error


def package_file(name: str) -> Path:
    """Path of a file inside the installed ``wordllama`` package, which is not imported (it configures logging)."""
    spec = find_spec("wordllama")
    if spec is None or not spec.submodule_search_locations:
        raise WeightsError("package wordllama: not installed; install this project's dependencies again")
    path = Path(spec.submodule_search_locations[0]) / name
    if not path.is_file():
        raise WeightsError(f"{path}: missing; install wordllama again")
    return path


@lru_cache(maxsize=1)
def _token_vectors() -> npt.NDArray[np.float32]:
    weights = load_file(package_file(_WEIGHTS))["embedding.weight"]
    return centre_by_script(weights[:, :EMBEDDING_DIMENSIONS].astype(np.float32), _tokens())


@lru_cache(maxsize=1)
def _tokenizer() -> Tokenizer:
    # Its threads cost twice the CPU for the few words of a batch that are new.
    os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")
    tokenizer = Tokenizer.from_file(str(package_file(_TOKENIZER)))
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


@lru_cache(maxsize=1)
def _tokens() -> list[str]:
    vocabulary = _tokenizer().get_vocab()
    return sorted(vocabulary, key=vocabulary.__getitem__)


@lru_cache(maxsize=1)
def _starts_word() -> npt.NDArray[np.bool_]:
    """Tell for each token whether a word begins with it."""
    return np.fromiter((token.startswith(_WORD_START) for token in _tokens()), dtype=np.bool_)


def _tokenise(words: list[str]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.int64]]:
    """Token ids of words as they stand after a space, without the bare mark of a beginning, and how many each has.

    No token reaches across a single space, so words are tokenised several at a time (four times faster than one at a
    time). In running text the mark seldom stands alone; kept, it would be half of every Chinese sentence.
    """
    texts = [" ".join(words[first : first + _WORDS_AT_A_TIME]) for first in range(0, len(words), _WORDS_AT_A_TIME)]
    tokenizer = _tokenizer()
    encodings = tokenizer.encode_batch_fast(texts, add_special_tokens=False)
    tokens = np.fromiter((token for encoding in encodings for token in encoding.ids), dtype=np.int32)
    starts = np.flatnonzero(_starts_word()[tokens])
    if len(starts) != len(words):
        raise WeightsError(
            f"tokenizer of wordllama: {len(starts)} words found in {len(words)}; install the wordllama of the lock file"
        )
    counts = np.diff(starts, append=len(tokens))
    bare = (tokens[starts] == tokenizer.token_to_id(_WORD_START)) & (counts > 1)
    return np.delete(tokens, starts[bare]), counts - bare
