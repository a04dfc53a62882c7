"""What innocents and campaigns have in common."""

from __future__ import annotations

import base64
import hashlib
import random

from streams import corpora
from tests.makes.fifth.templates import SPECS, fix

MODEL_WEIGHTS = (28, 22, 25, 15, 10)
MODELS = ["large-2", "large-3", "small-3", "mini-1", "reason-2"]

_TALK = {"nq_open", "clinc150", "gpteacher_roleplay", "iopo_trace"}
_CLIENTS = (
    "openai-python", "openai-python", "openai-node", "langchain", "httpx", "open-webui", "librechat", "curl",
    "go-http", "okhttp", "litellm", "chat-app", "chat-app", "axios",
)  # fmt: skip


def tag(*parts: object) -> str:
    """Return a keyed-looking hash of the parts, 22 base64 characters."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), key=b"fifth", digest_size=16).digest()
    return base64.urlsafe_b64encode(digest).decode()[:22]


class World:
    """Prompts, networks, products, viral prompts and character cards of a seed; ``scale`` thins the innocents."""

    def __init__(self, seed: int, scale: float = 1.0) -> None:
        rng = random.Random(f"{seed}/world")
        self.seed, self.scale = seed, scale
        self.banks = {name: [prompt.text for prompt in rows] for name, rows in sorted(corpora.load_all().items())}
        self.names = list(self.banks)
        self.talk = [name for name in self.names if name in _TALK]
        self.nets = {
            kind: [(tag(seed, kind, number), rng.randrange(1000, 64000)) for number in range(count)]
            for kind, count in {"mobile": 60, "hosting": 90, "vpn": 40, "residential": 120}.items()
        }
        self.viral = [fix(rng, spec) for spec in SPECS["viral"]]
        self.cards = [fix(rng, SPECS["card"][0]) for _ in range(9)]
        self.clients = [(name, f"t13d{rng.randrange(1000, 2000)}h2_{tag(seed, name)[:12]}") for name in _CLIENTS]
