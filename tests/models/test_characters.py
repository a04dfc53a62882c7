from __future__ import annotations

import unicodedata

import pytest

from models.characters import COMPLEX, Kind, character_table, kind_of
from models.text import normalise


def test_table_agrees_with_normalise_on_every_assigned_character() -> None:
    """A character that is not complex has the code point, kind and size of its normal form."""
    codes, kinds, sizes = character_table()
    for code in range(0x32000):
        character = chr(code)
        if unicodedata.category(character) in ("Cs", "Cn", "Co"):
            continue
        normal = normalise(character)
        if kinds[code] == Kind.IGNORED:
            assert normal == "", hex(code)
        elif kinds[code] < COMPLEX:
            assert sizes[code] == len(normal.encode()), hex(code)
            expected = {kind_of(part) for part in normal}
            assert expected == {kinds[code]}, hex(code)
            assert len(normal) > 1 or codes[code] == ord(normal), hex(code)


def test_normalised_characters_keep_their_code_and_kind() -> None:
    """What normalisation leaves alone means the same in raw and in normalised text."""
    codes, kinds, _ = character_table()
    for code in range(0x20000):
        character = chr(code)
        if unicodedata.category(character) not in ("Cs", "Cn", "Co") and normalise(character) == character:
            assert codes[code] == code, hex(code)
            assert kinds[code] & (COMPLEX - 1) == kind_of(character), hex(code)


@pytest.mark.parametrize(
    ("character", "kind"),
    [
        ("é", Kind.LETTER),
        ("한", Kind.LETTER),
        ("文", Kind.ALONE),
        ("ー", Kind.ALONE),
        ("ก", Kind.ALONE),
        ("٣", Kind.DIGIT),
        ("๓", Kind.DIGIT),
        ("่", Kind.MARK),
        ("_", Kind.SEPARATOR),
        ("，", Kind.SEPARATOR),
        ("😀", Kind.SEPARATOR),
    ],
)
def test_kinds(character: str, kind: Kind) -> None:
    """Scripts without spaces stand alone, Hangul does not, and digits of any script are digits."""
    assert kind_of(character) is kind
