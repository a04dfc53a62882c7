"""Hypothesis strategies for prompt texts that exercise segmentation."""

from __future__ import annotations

from hypothesis import settings
from hypothesis import strategies as st

_PIECES = [
    *"aZé9٣Σσİß文をｶﾞกำ한ᄒ\u0301\u200b\u200d\ufe0f …½Ⅱ℃²ﬁ！_\n😀",
    "step by step ",
    "JSON ",
    "only ",
    "word " * 5,
    "一步一步",
    "请根据以下评论判断",
    "x" * 50,
    "123456 ",
]

#: Texts of characters that act on each other, words, phrases of the lexicon, and anything else.
prompt_texts = st.lists(st.sampled_from(_PIECES) | st.text(st.characters(codec="utf-8"), max_size=5)).map("".join)

#: A kernel compiles within its first example, so no example has a deadline.
compiles = settings(deadline=None)
