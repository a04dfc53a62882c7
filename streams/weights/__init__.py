"""Weights that ship with packages: WordLlama's token vectors and tokenizer, and this project's codebook."""

from __future__ import annotations

from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
from safetensors.numpy import load_file

from models.codebook import Codebook
from models.embedding import DEFAULT_CAPACITY, WordEmbedder
from models.features import CELL_COUNT, EMBEDDING_DIMENSIONS
from models.group_evidence import GroupModel, GroupWeights
from models.scripts import centre_by_script
from models.subwords import Subwords

#: The codebook that ships, written by the ``codebook`` command, and where it came from.
CODEBOOK_PATH = Path(__file__).with_name("codebook.npy")
PROVENANCE_PATH = Path(__file__).with_name("codebook.json")

#: Names what embeds: package, weights file, dimensions kept and what was done to them.
EMBEDDING_NAME = f"wordllama/l2_supercat_256:{EMBEDDING_DIMENSIONS}:centred-by-script"

#: The group weights that ship, written by the ``groups`` command.
GROUPS_PATH = Path(__file__).with_name("groups.json")

#: The looks that they were fitted on, thinned, which the same command writes: `calibrate` fits with them again.
LOOKS_PATH = Path(__file__).with_name("looks.msgpack.zst")

_REFIT = "write them with `stillwatch calibrate` for a deployment, with `stillwatch groups` for all"

_WEIGHTS = "weights/l2_supercat_256.safetensors"
_TOKENIZER = "tokenizers/l2_supercat_tokenizer_config.json"


class _Vocabulary(msgspec.Struct, frozen=True):
    vocab: dict[str, int]
    merges: list[str]


class _Tokenizer(msgspec.Struct, frozen=True):
    model: _Vocabulary


class WeightsError(RuntimeError):
    """A weights file is missing or damaged; the message names the file and the mend."""


def load_embedder(capacity: int = DEFAULT_CAPACITY) -> WordEmbedder:
    """Make an embedder with an empty word cache (0.3 s the first time, then cheap); raises ``WeightsError``."""
    return WordEmbedder(_token_vectors(), _subwords(), capacity)


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
    """Make the group model of a file of weights; raises ``WeightsError`` for one that this build cannot use."""
    try:
        return GroupModel(load_group_weights(path))
    except ValueError as error:
        raise WeightsError(f"group weights {path}: {error}; {_REFIT}") from error


def load_group_weights(path: Path = GROUPS_PATH) -> GroupWeights:
    """Read the weights of the group model; raises ``WeightsError`` for a file that holds none."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=GroupWeights)
    except (OSError, ValueError) as error:
        raise WeightsError(f"group weights {path}: {error}; {_REFIT}") from error


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
def _vocabulary() -> _Vocabulary:
    path = package_file(_TOKENIZER)
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Tokenizer).model
    except msgspec.DecodeError as error:
        raise WeightsError(f"{path}: {error}; install the wordllama of the lock file") from error


@lru_cache(maxsize=1)
def _subwords() -> Subwords:
    vocabulary = _vocabulary()
    merges = [(left, right) for left, right in (merge.split(" ") for merge in vocabulary.merges)]
    return Subwords(vocabulary.vocab, merges)


def _tokens() -> list[str]:
    ids = _vocabulary().vocab
    return sorted(ids, key=ids.__getitem__)
