"""The frozen references the models need: weights, codebook and the key of their hashes, loaded from files once."""

from __future__ import annotations

from hashlib import blake2b
from importlib.metadata import version

import msgspec

from models.featurise import Featuriser
from models.group_evidence import GroupModel
from streams.settings import Settings
from streams.weights import CODEBOOK_PATH, EMBEDDING_NAME, GROUPS_PATH, load_codebook, load_embedder, load_groups


class References(msgspec.Struct, frozen=True):
    """What a pipeline is built with; ``version`` names package, embedding and weights, and stands in every alert."""

    featuriser: Featuriser
    groups: GroupModel
    version: str


def load_references(settings: Settings) -> References:
    """Load what ships with the packages; about half a second. Raises ``WeightsError`` that names a missing file."""
    featuriser = load_featuriser(settings)
    groups = load_deployed_groups(settings)
    paths = (CODEBOOK_PATH, settings.group_weights or GROUPS_PATH)
    codebook, weights = (blake2b(path.read_bytes(), digest_size=4).hexdigest() for path in paths)
    named = f"stillwatch {version('stillwatch')}; {EMBEDDING_NAME}; codebook {codebook}; groups {weights}"
    return References(featuriser, groups, named)


def load_deployed_groups(settings: Settings) -> GroupModel:
    """Load the group model that the settings name, the shipped one unless they do. Raises ``WeightsError``."""
    return load_groups(settings.group_weights or GROUPS_PATH)


def load_featuriser(settings: Settings) -> Featuriser:
    """Load what text is read with. Raises ``WeightsError`` that names a missing file."""
    return Featuriser(load_embedder(), load_codebook(), _hash_key(settings), settings.decides.max_prompt_bytes)


def _hash_key(settings: Settings) -> int:
    secret = settings.hash_key.get_secret_value().encode()
    return int.from_bytes(blake2b(secret, digest_size=8, person=b"shells").digest(), "big")
