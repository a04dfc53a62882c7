"""Wordings: patterns such as ``[Write|Draft] a letter`` of which each expansion is another way to say the same."""

from __future__ import annotations

import random
from functools import lru_cache

Node = str | list["Sequence"]
Sequence = list[Node]

# Brackets and bars that belong to the text itself.
_LITERALS = str.maketrans({"«": "[", "»": "]", "¦": "|"})


@lru_cache(maxsize=4096)
def _parse(pattern: str) -> Sequence:
    stack: list[list[Sequence]] = [[[]]]
    text: list[str] = []

    def flush() -> None:
        if text:
            stack[-1][-1].append("".join(text).translate(_LITERALS))
            text.clear()

    for character in pattern:
        if character == "[":
            flush()
            stack.append([[]])
        elif character == "|" and len(stack) > 1:
            flush()
            stack[-1].append([])
        elif character == "]":
            flush()
            alternatives = stack.pop()
            stack[-1][-1].append(alternatives)
        else:
            text.append(character)
    flush()
    if len(stack) != 1:
        raise ValueError(f"pattern {pattern[:60]!r}: a bracket is not closed; write literal brackets as « and »")
    return stack[0][0]


def _expand(sequence: Sequence, rng: random.Random, out: list[str]) -> None:
    for node in sequence:
        if isinstance(node, str):
            out.append(node)
        else:
            _expand(node[int(rng.random() * len(node))], rng, out)


def spin(pattern: str, rng: random.Random) -> str:
    """Expand a pattern: one alternative of each bracket, drawn evenly; brackets nest, « » and ¦ stand for [ ] and |.

    >>> spin("[a|a] «x»", random.Random(0))
    'a [x]'
    """
    out: list[str] = []
    _expand(_parse(pattern), rng, out)
    return "".join(out)


def fill(shell: str, **slots: str) -> str:
    """Put contents into a shell's ``<<slot>>`` marks; a slot that the shell lacks is left out."""
    for name, content in slots.items():
        shell = shell.replace(f"<<{name}>>", content)
    return shell
