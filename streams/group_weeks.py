"""The weeks that the group model is fitted on and referred to: simulated ones, or folders of labelled traffic."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
import numpy as np

from streams import corpora
from streams.corpora import Prompt
from streams.group_looks import Looks, watch, watch_files
from streams.references import load_featuriser
from streams.settings import load_settings
from streams.simulation.attack.ladder import rung
from streams.simulation.plan import Attack, Content
from streams.simulation.presets import preset
from streams.simulation.randomness import generator, log_normal
from streams.simulation.scenario import Scenario
from streams.simulation.texts import Texts

#: A simulated week (its name, its seed, the wordings, the prompts' folder, the corpora left out), or a folder of
#: labelled traffic.
Week = tuple[str, int, str, Path, tuple[str, ...]] | Path

#: Scenarios and seeds used nowhere else: weeks that are fitted, and attack-free weeks that the evidence is read off.
#: Mixed weeks are for accounts that hide among resold traffic, standard ones for those that do nothing but harvest,
#: apart ones for campaigns that ask one corpus alone, varied ones for what else than items may be harvested.
SIMULATED: Final = (
    ("mixed-week", 7_121), ("mixed-week", 7_122), ("week", 7_131), ("week", 7_132), ("week", 7_133), ("week", 7_134),
    ("apart-week", 7_141), ("apart-week", 7_142), ("varied-week", 7_151), ("varied-week", 7_152),
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

#: Of the campaigns whose habits are drawn: fewest and most accounts, and requests a day of one.
_ACCOUNTS: Final = (12, 60)
_PER_DAY: Final = (3.0, 40.0)
_RESOLD: Final = 0.25

#: Texts that a corpus needs for a campaign of its own.
_LEAST_TEXTS: Final = 300

#: What the campaigns of a varied week harvest, with the turns of a conversation; each form from all corpora.
_FORMS: Final[tuple[tuple[Content, float], ...]] = (
    *(("trajectories", turns) for turns in (3.0, 4.0, 5.0, 6.0, 7.0, 9.0)),
    *(("items", turns) for turns in (1.0, 1.5, 2.0, 2.5, 3.0)),
    *(("languages", 1.0),) * 4,
    *(("rubric", 1.0),) * 3,
)


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
    plain = name
    for change in ("crowded-", "mixed-", "apart-", "varied-"):
        plain = plain.replace(change, "")
    scenario = msgspec.structs.replace(preset(plain), wrappers=wrappers)
    if "apart" in name:
        return msgspec.structs.replace(scenario, attacks=_apart(seed, prompts, scenario.days)), prompts
    if "varied" in name:
        return msgspec.structs.replace(scenario, attacks=_varied(seed)), prompts
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


def _apart(seed: int, prompts: dict[str, list[Prompt]], days: float) -> tuple[Attack, ...]:
    """Plan one campaign for each corpus that has enough to harvest: it asks nothing else, its habits are drawn."""
    found = []
    for corpus, texts in Texts(prompts, seed).harvest.items():
        if len(texts) >= _LEAST_TEXTS:
            rng = generator(seed, "apart", corpus)
            drawn = _drawn(rng, corpus, float(rng.uniform(1.0, 3.0)))
            # A corpus is asked about once: campaigns on a small one are slow.
            most = max(_PER_DAY[0], len(texts) / (drawn.accounts * days))
            per_day = min(drawn.requests_per_day, most)
            found.append(msgspec.structs.replace(drawn, corpora=(corpus,), requests_per_day=per_day))
    return tuple(found)


def _varied(seed: int) -> tuple[Attack, ...]:
    """Plan campaigns of every form, several of each."""
    found = []
    for number, (content, turns) in enumerate(_FORMS):
        name = f"{content}-{number}"
        drawn = _drawn(generator(seed, "varied", name), name, turns)
        found.append(msgspec.structs.replace(drawn, content=content))
    return tuple(found)


def _drawn(rng: np.random.Generator, name: str, turns_mean: float) -> Attack:
    """Draw how many accounts a campaign has and how they go about it."""
    accounts, per_day = (float(np.exp(rng.uniform(*np.log(bounds)))) for bounds in (_ACCOUNTS, _PER_DAY))
    attack = rung(
        "shell60",
        accounts=int(accounts),
        requests_per_day=per_day,
        shells=int(rng.integers(1, 5)),
        start_hour=float(rng.uniform(0, 72)),
        stop_hour=None,
        turns_mean=turns_mean,
        human_text_share=float(rng.choice((0.0, 0.1))),
        machine_share=float(rng.uniform(0.0, 0.8)),
        resold_account_share=float(rng.random() < _RESOLD),
        output_tokens_median=log_normal(rng, 150.0, 1.0),
    )
    return msgspec.structs.replace(attack, name=name, kind=name)
