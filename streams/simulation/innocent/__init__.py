"""Innocent kinds of accounts by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from streams.simulation.innocent.app import App
from streams.simulation.innocent.batch import Batch
from streams.simulation.innocent.chat import Chat
from streams.simulation.innocent.developer import Developer
from streams.simulation.innocent.evaluation import Evaluation
from streams.simulation.world import Behaviour, Place, World

#: Builds the behaviour of the account with a given index within its kind.
INNOCENT: Final[dict[str, Callable[[World, np.random.Generator, int, Place], Behaviour]]] = {
    "chat": Chat,
    "app": App,
    "batch": Batch,
    "evaluation": Evaluation,
    "developer": Developer,
}

__all__ = ["INNOCENT", "App", "Batch", "Chat", "Developer", "Evaluation"]
