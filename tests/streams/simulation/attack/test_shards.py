from itertools import islice

import msgspec
import pytest

from streams.corpora import CorpusError, Prompt, load_all
from streams.simulation import Attack, Scenario, simulate
from streams.simulation.attack import deal
from streams.simulation.attack.shards import Shard
from streams.simulation.presets import week
from streams.simulation.randomness import generator
from streams.simulation.texts import Texts


def _dealt(shard: Shard, count: int) -> list[str]:
    return list(islice(shard.texts(generator(1, "x")), count))


def test_no_text_of_the_week_serves_two_accounts() -> None:
    """The texts of all accounts of the standard week are distinct, relays apart: their members share a shard."""
    texts = Texts(load_all(), 1)
    scenario = week()
    seen: set[str] = set()
    counted = 0
    shards = deal(texts, scenario)
    for attack in scenario.attacks:
        for shard in shards[attack.name][:: attack.relay]:
            bases = _dealt(shard, len(shard))
            counted += len(bases)
            seen.update(text.casefold() for text in bases)
    assert counted > 15_000
    # A few texts stand in two corpora.
    assert len(seen) > 0.998 * counted


def test_shards_do_not_overlap_even_when_they_run_out(prompts: dict[str, list[Prompt]]) -> None:
    """Many more texts than the corpora hold are dealt out without repeating one."""
    attacks = (
        Attack(name="a", accounts=9, requests_per_day=200, corpora=("gsm8k_train", "huatuo_med")),
        Attack(name="b", accounts=3, requests_per_day=900, corpora=("gsm8k_train",)),
    )
    shards = deal(Texts(prompts, 1), Scenario(name="x", attacks=attacks))
    dealt = [text for shard in shards["a"] for text in _dealt(shard, 200)]
    dealt += [text for shard in shards["b"] for text in _dealt(shard, 900)]
    assert len(set(dealt)) == len(dealt) == 9 * 200 + 3 * 900


def test_more_accounts_than_texts_get_variants_of_their_own(prompts: dict[str, list[Prompt]]) -> None:
    """With fewer texts than accounts no two accounts send the same."""
    few = {"gsm8k_train": prompts["gsm8k_train"][:20]}
    attack = Attack(name="a", accounts=40, corpora=("gsm8k_train",))
    shards = deal(Texts(few, 1), Scenario(name="x", attacks=(attack,)))["a"]
    dealt = [text for shard in shards for text in _dealt(shard, 30)]
    assert len(set(dealt)) == len(dealt)


@pytest.mark.parametrize("days", [0.02, 0.3, 2])
def test_a_week_cut_short_leaves_no_attack_without_texts(prompts: dict[str, list[Prompt]], days: float) -> None:
    """Attacks that begin after the scenario's end get texts, too: some of their accounts harvest from its start on."""
    scenario = msgspec.structs.replace(week(), days=days)
    shards = deal(Texts(prompts, 1), scenario)
    with_items = [attack.name for attack in scenario.attacks if attack.content not in {"languages", "people"}]
    assert all(len(shard) for name in with_items for shard in shards[name])


def test_accounts_that_ran_before_an_attack_that_never_begins_harvest(prompts: dict[str, list[Prompt]]) -> None:
    """A scenario that ends before its attack begins comes to its end, harvested by the accounts that run already."""
    attack = Attack(name="a", accounts=4, requests_per_day=100, start_hour=20, running_share=1.0)
    rows = list(simulate(Scenario(name="x", days=0.5, attacks=(attack,)), 1, prompts).labelled())
    assert len(rows) > 20
    assert all(row.harvest for row in rows)


def test_fewer_texts_than_attacks_are_refused(prompts: dict[str, list[Prompt]]) -> None:
    """An attack for which no text is left is named."""
    few = {"huatuo_med": prompts["huatuo_med"][:1] * 3}
    texts = Texts(few, next(seed for seed in range(99) if Texts(few, seed).harvest["huatuo_med"]))
    attacks = tuple(Attack(name=name) for name in ("a", "b"))
    with pytest.raises(CorpusError, match=r"'.': corpora huatuo_med: too few harvest texts for 2 attacks"):
        deal(texts, Scenario(name="x", attacks=attacks))


def test_another_member_leaves_the_shards_of_the_others(prompts: dict[str, list[Prompt]]) -> None:
    """Within a ten, the shard of an account does not depend on how many there are."""
    texts = Texts(prompts, 1)
    dealt = [
        deal(texts, Scenario(name="x", attacks=(Attack(name="a", accounts=accounts),)))["a"][2] for accounts in (4, 5)
    ]
    assert _dealt(dealt[0], 50) == _dealt(dealt[1], 50)


def test_a_corpus_without_harvest_texts_is_named(prompts: dict[str, list[Prompt]]) -> None:
    """Asking for corpora that hold nothing to harvest says so and lists those that do."""
    scenario = Scenario(name="x", attacks=(Attack(name="a", corpora=("mathdial_tutor",)),))
    with pytest.raises(CorpusError, match=r"'a': corpora mathdial_tutor: no harvest texts there; .*gsm8k_train"):
        deal(Texts(prompts, 1), scenario)


def test_a_folder_without_the_named_corpora_is_harvested_as_a_whole() -> None:
    """An attack takes what a folder of the operator's own holds when none of its corpora are there."""
    own = {"mine": [Prompt(f"question number {number}") for number in range(100)]}
    shard = deal(Texts(own, 1), Scenario(name="x", attacks=(Attack(name="a"),)))["a"][0]
    assert all(text.startswith("question number") for text in _dealt(shard, 10))
