"""Prompt sets: the bundled ones, and those of a further folder that the bundled lack."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

from streams import corpora


class Corpora:
    """Texts by set; a set that is not there is empty, so that optional ones add to a choice without being needed."""

    def __init__(self, folder: Path | None = None) -> None:
        self._texts: dict[str, list[str]] = {}
        self._conversations: dict[str, list[list[str]]] = {}
        places = dict.fromkeys(corpora.paths(), corpora.BUNDLED)
        for name in corpora.paths(folder) if folder else {}:
            places.setdefault(name, folder or corpora.BUNDLED)
        for name, place in sorted(places.items()):
            talks: dict[str, list[tuple[int, str]]] = defaultdict(list)
            texts = []
            for prompt in corpora.load(name, place):
                text = prompt.text.strip()
                if not text:
                    continue
                texts.append(text)
                if prompt.conv is not None:
                    talks[prompt.conv].append((prompt.turn or 1, text))
            self._texts[name] = texts
            self._conversations[name] = [
                [text for _, text in sorted(turns, key=lambda turn: turn[0])] for _, turns in sorted(talks.items())
            ]

    @property
    def names(self) -> list[str]:
        """The sets that are there, in order."""
        return sorted(self._texts)

    def texts(self, *names: str) -> list[str]:
        """All texts of the named sets, in file order."""
        return [text for name in names for text in self._texts.get(name, [])]

    def conversations(self, *names: str) -> list[list[str]]:
        """User turns of each conversation of the named sets."""
        return [turns for name in names for turns in self._conversations.get(name, [])]
