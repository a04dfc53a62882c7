from __future__ import annotations

import numpy as np
import pytest

from models.scripts import centre_by_script

TOKENS = ["a", "▁b", "语", "文", "ж", "<0x41>", "<0xE8>", "<0x80>"]


def test_scripts_are_centred_and_latin_is_left_alone() -> None:
    """Each script's vectors have mean zero afterwards, that of a lone token too; Latin ones keep their bits."""
    vectors = np.random.Generator(np.random.PCG64(1)).standard_normal((len(TOKENS), 4)).astype(np.float32)
    centred = centre_by_script(vectors, TOKENS)
    assert np.array_equal(centred[[0, 1, 5]], vectors[[0, 1, 5]])
    assert np.allclose(centred[[2, 3]].mean(axis=0), 0.0, atol=1e-6)
    assert not centred[[4, 6, 7]].any()
    assert vectors[2].any()


def test_vocabulary_of_another_length_is_refused() -> None:
    """Weights and vocabulary that do not belong together are refused."""
    with pytest.raises(ValueError, match="do not match"):
        centre_by_script(np.zeros((3, 4), dtype=np.float32), TOKENS)
