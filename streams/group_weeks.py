"""The weeks that the group model is fitted on and referred to: simulated ones, or folders of labelled traffic."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec

from streams import corpora
from streams.corpora import Prompt
from streams.group_looks import Looks, watch, watch_files
from streams.references import load_featuriser
from streams.settings import load_settings
from streams.simulation.plan import Attack
from streams.simulation.presets import preset
from streams.simulation.scenario import Scenario

#: A simulated week (its name, its seed, the wordings, the prompts' folder, the corpora left out), or a folder of
#: labelled traffic.
Week = tuple[str, int, str, Path, tuple[str, ...]] | Path

#: Scenarios and seeds used nowhere else: weeks that are fitted, and attack-free weeks that the evidence is read off.
#: Mixed weeks are for accounts that hide among resold traffic, standard ones for those that do nothing but harvest.
SIMULATED: Final = (
    ("mixed-week", 7_121), ("mixed-week", 7_122), ("week", 7_131), ("week", 7_132), ("week", 7_133), ("week", 7_134),
)  # fmt: skip
REFERENCE: Final = (("quiet-week", 7_201), ("quiet-week", 7_202), ("quiet-crowded-week", 7_211))

#: A crowded week has more of the innocent accounts that share templates, and a fifth of the texts that people send,
#: so that what they say recurs between accounts as famous texts do: harder innocents than the standard week's.
_CROWD: Final = {"evaluation": 150, "reseller": 80, "search": 60, "app": 150, "saas": 300, "student": 200, "chat": 500}
_CROWD_ORGANIZATIONS: Final = 60

#: A mixed week is a crowded one in which every campaign hides among resold traffic and harvests as little as reported
#: ones did: requests a day of an account and of its resold traffic, dealt to the rungs in turn.
_MIXED_RATES: Final = ((6.0, 20.0), (12.0, 12.0), (20.0, 40.0), (9.0, 60.0), (26.0, 26.0))
_PEOPLES_CORPORA: Final = ("nq_open", "clinc150", "mathdial_tutor", "apibank_dialogs")
_PEOPLES_PART: Final = 5


def watch_week(week: Week) -> Looks:
    """Simulate or read one week and look at its groups."""
    settings = load_settings()
    if isinstance(week, Path):
        return watch_files(week, load_featuriser(settings), settings.decides)
    name, seed, wrappers, folder, without = week
    prompts = {corpus: texts for corpus, texts in corpora.load_all(folder).items() if corpus not in without}
    scenario, prompts = simulated_week(name, seed, wrappers, prompts)
    return watch(scenario, seed, prompts, load_featuriser(settings), settings.decides)


def simulated_week(
    name: str, seed: int, wrappers: str, prompts: dict[str, list[Prompt]]
) -> tuple[Scenario, dict[str, list[Prompt]]]:
    """Give the scenario of a week and the prompts it draws on, by its name: a preset's, made harder if it says so."""
    plain = name.replace("crowded-", "").replace("mixed-", "")
    scenario = msgspec.structs.replace(preset(plain), wrappers=wrappers)
    if "mixed" in name:
        scenario = msgspec.structs.replace(scenario, attacks=_mixed(scenario.attacks, seed))
    if plain != name:
        innocents = {**scenario.innocents, **_CROWD}
        scenario = msgspec.structs.replace(scenario, innocents=innocents, organizations=_CROWD_ORGANIZATIONS)
        prompts = {
            corpus: texts[:: _PEOPLES_PART if corpus in _PEOPLES_CORPORA else 1] for corpus, texts in prompts.items()
        }
    return scenario, prompts


def _mixed(attacks: tuple[Attack, ...], seed: int) -> tuple[Attack, ...]:
    """Hide every campaign among resold traffic."""
    found = []
    for number, attack in enumerate(attacks):
        harvested, resold = _MIXED_RATES[(number + seed) % len(_MIXED_RATES)]
        changes = {"requests_per_day": harvested, "resold_requests_per_day": resold, "resold_account_share": 1.0}
        found.append(attack if attack.accounts == 1 else msgspec.structs.replace(attack, **changes))
    return tuple(found)
