"""The weeks that the group model is fitted on: what their names stand for."""

from __future__ import annotations

import pytest

from streams.corpora import BUNDLED, Prompt, load_all
from streams.group_weeks import REFERENCE, SIMULATED, simulated_week


@pytest.fixture(scope="module")
def prompts() -> dict[str, list[Prompt]]:
    """The bundled prompts."""
    return load_all(BUNDLED)


def test_every_campaign_of_an_apart_week_asks_one_corpus(prompts: dict[str, list[Prompt]]) -> None:
    """No two ask the same, and none more than its corpus holds unless it is as slow as any campaign."""
    scenario, drawn_on = simulated_week("apart-week", 7_141, "a", prompts)
    assert drawn_on is prompts
    assert [attack.corpora for attack in scenario.attacks] == [(attack.name,) for attack in scenario.attacks]
    assert {"gaokao_student", "huatuo_med", "gsm8k_train"} <= {attack.name for attack in scenario.attacks}
    for attack in scenario.attacks:
        asked = attack.accounts * attack.requests_per_day * scenario.days
        assert asked <= len(prompts[attack.name]) or attack.requests_per_day == pytest.approx(3.0)


def test_a_varied_week_has_several_campaigns_of_every_form(prompts: dict[str, list[Prompt]]) -> None:
    """So that a fit does not know trajectories or a dozen languages by one campaign's habits."""
    scenario, _ = simulated_week("varied-week", 7_151, "a", prompts)
    forms = [attack.content for attack in scenario.attacks]
    assert all(forms.count(form) >= 3 for form in ("items", "trajectories", "languages", "rubric"))
    assert len({(attack.accounts, attack.requests_per_day) for attack in scenario.attacks}) == len(forms)


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
    first, again, other = (simulated_week("varied-week", seed, "a", prompts)[0] for seed in (1, 1, 2))
    assert first == again != other
