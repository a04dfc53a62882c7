"""The weeks that the group model is fitted on: what their names stand for."""

from __future__ import annotations

import pytest

from streams.corpora import BUNDLED, Prompt, load_all
from streams.group_weeks import REFERENCE, SIMULATED, simulated_week


@pytest.fixture(scope="module")
def prompts() -> dict[str, list[Prompt]]:
    """The bundled prompts."""
    return load_all(BUNDLED)


def test_in_a_mixed_week_every_campaign_hides_among_resold_traffic(prompts: dict[str, list[Prompt]]) -> None:
    """All but the single loud account, in a crowd whose words recur."""
    scenario, fewer = simulated_week("mixed-week", 7_121, "b", prompts)
    assert {attack.resold_account_share for attack in scenario.attacks if attack.accounts > 1} == {1.0}
    assert scenario.wrappers == "b"
    assert len(fewer["nq_open"]) < len(prompts["nq_open"])


def test_reference_weeks_have_no_attack_and_seeds_of_their_own(prompts: dict[str, list[Prompt]]) -> None:
    """What evidence is read off was not fitted on."""
    assert all(not simulated_week(name, seed, "a", prompts)[0].attacks for name, seed in REFERENCE)
    assert not {seed for _, seed in SIMULATED} & {seed for _, seed in REFERENCE}


def test_a_seed_draws_the_same_campaigns_again(prompts: dict[str, list[Prompt]]) -> None:
    """Same input, same weights: nothing but the seed decides."""
    first, again, other = (simulated_week("mixed-week", seed, "a", prompts)[0] for seed in (1, 1, 2))
    assert first == again != other
