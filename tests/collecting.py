"""Collects tests without Python's garbage collector: what is imported stays, so looking through it is time lost."""

from __future__ import annotations

import gc


def pytest_configure() -> None:
    """Look for no garbage while tests are collected."""
    gc.disable()


def pytest_collection_finish() -> None:
    """Look for it again, but not in what collection made."""
    settle()


def settle() -> None:
    """Leave what there is out of every later collection."""
    gc.freeze()
    gc.enable()
