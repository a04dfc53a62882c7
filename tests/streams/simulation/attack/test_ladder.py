from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations, pairwise
from statistics import mean, median
from typing import Any

import msgspec
import pytest

from streams.corpora import Prompt
from streams.simulation import Attack, Scenario, simulate
from streams.simulation.accounts import attacker
from streams.simulation.attack import deal
from streams.simulation.attack.ladder import RUNGS, rung
from streams.simulation.attack.languages import LANGUAGES
from streams.simulation.presets import week
from streams.simulation.randomness import generator
from streams.simulation.request import Request
from streams.simulation.rhythm import DAY_MS, HOUR_MS
from streams.simulation.shells import Shell, attack_shells
from streams.simulation.texts import Texts
from streams.simulation.world import World
from tests.leakage.scenario import shrunk

_SEED = 11

Played = dict[int, list[Request]]


@pytest.fixture(scope="module")
def texts(prompts: dict[str, list[Prompt]]) -> Texts:
    """Return a part of the bundled prompts, divided for the seed of these tests."""
    return Texts(prompts, _SEED)


def _scenario(name: str, days: float = 3, **changes: Any) -> Scenario:
    """Return a scenario of one rung that begins at once, with few accounts, all at the same rate."""
    alike = {"accounts": min(RUNGS[name].accounts, 12), "start_hour": 0, "stop_hour": None, "rate_spread": 0}
    changes = alike | changes
    return Scenario(name=name, days=days, attacks=(rung(name, **changes),))


def _play(texts: Texts, scenario: Scenario) -> Played:
    """Return what every account of the scenario's attack does, by its index, in order of time."""
    world = World(scenario, _SEED, texts)
    (attack,) = scenario.attacks
    played: Played = {}
    for index, shard in enumerate(deal(texts, scenario)[attack.name]):
        behaviour = attacker(world, attack, index, shard).behaviour
        found = [
            request
            for day in range(int(scenario.days))
            for request in behaviour.day(generator(_SEED, "test", index, day), day, scenario.start_ms + day * DAY_MS)
        ]
        played[index] = sorted(found, key=lambda request: request.time_ms)
    return played


def _all(played: Played) -> Iterator[Request]:
    return (request for requests in played.values() for request in requests)


def _openings(played: Played) -> dict[int, list[str]]:
    return {
        index: [request.text for request in requests if request.harvest and request.turn == 1]
        for index, requests in played.items()
    }


def _per_day(played: Played, days: float) -> float:
    return mean(sum(request.harvest for request in requests) for requests in played.values()) / days


def _shells_of(scenario: Scenario) -> tuple[Shell, ...]:
    return attack_shells(scenario, _SEED, scenario.attacks[0])


def _in_shell(shell: Shell, text: str) -> bool:
    return any(text.startswith(before) and text.endswith(after) for before, after in (shell.english, shell.chinese))


def test_loud_is_one_account_that_never_idles(texts: Texts) -> None:
    """A single account harvests hundreds of times a day, no two requests further apart than two hours."""
    played = _play(texts, _scenario("loud", days=1))
    assert len(played) == 1
    assert 700 <= len(played[0]) <= 1_150
    assert max(after.time_ms - before.time_ms for before, after in pairwise(played[0])) < 2 * HOUR_MS


def test_pool10_shares_the_load_of_a_loud_account(texts: Texts) -> None:
    """Ten accounts harvest a hundred times a day each, and none goes without."""
    played = _play(texts, _scenario("pool10", stagger_hours=0))
    assert len(played) == 10
    assert 80 <= _per_day(played, 3) <= 160
    assert all(len(requests) > 60 for requests in played.values())


def test_shell60_puts_all_items_into_one_shell(texts: Texts) -> None:
    """Sixty accounts at 26 requests a day open every conversation with one and the same shell."""
    scenario = _scenario("shell60", accounts=60, stagger_hours=0)
    played = _play(texts, scenario)
    assert len(played) == 60
    assert 21 <= _per_day(played, 3) <= 31
    (shell,) = _shells_of(scenario)
    assert all(_in_shell(shell, text) for found in _openings(played).values() for text in found)


def test_shellless60_has_no_words_in_common(texts: Texts) -> None:
    """No opening of more than a few requests has the same first 20 characters."""
    played = _play(texts, _scenario("shellless60", accounts=60, stagger_hours=0))
    openings = [text for found in _openings(played).values() for text in found]
    assert 21 <= _per_day(played, 3) <= 31
    assert Counter(text[:20] for text in openings).most_common(1)[0][1] < 0.02 * len(openings)


def test_slow80_stays_at_six_a_day(texts: Texts) -> None:
    """Eighty accounts harvest about six times a day each."""
    played = _play(texts, _scenario("slow80", accounts=80, stagger_hours=0, days=5))
    assert len(played) == 80
    assert 4.5 <= _per_day(played, 5) <= 7.5


@pytest.mark.parametrize(("name", "resold"), [("mixed75", 0.75), ("mixed90", 0.9)])
def test_mixed_rungs_hide_among_human_traffic(texts: Texts, name: str, resold: float) -> None:
    """Three or nine of ten requests are resold, and nearly every account harvests a little."""
    played = _play(texts, _scenario(name, days=6, stagger_hours=0, accounts=40))
    shares = [mean(not request.harvest for request in requests) for requests in played.values()]
    assert mean(shares) == pytest.approx(resold, abs=0.07)
    assert mean(share < 1 for share in shares) > 0.9


def test_paraphrased_gives_every_account_its_own_shell(texts: Texts) -> None:
    """As many different wordings as accounts; each account keeps to its own."""
    scenario = _scenario("paraphrased", shells=12)
    shells = _shells_of(scenario)
    assert len({shell.english for shell in shells}) == 12
    for index, openings in _openings(_play(texts, scenario)).items():
        assert all(_in_shell(shells[index], text) for text in openings)


def test_topic_shards_make_each_account_narrow(texts: Texts) -> None:
    """Two items of one account have far more words in common than items of two accounts."""

    def alike(pairs: list[tuple[str, str]]) -> float:
        words = [(set(first.split()), set(second.split())) for first, second in pairs]
        return mean(len(first & second) / len(first | second) for first, second in words)

    openings = [found[:12] for found in _openings(_play(texts, _scenario("topic_shards", shells=0))).values()]
    within = alike([pair for found in openings for pair in combinations(found, 2)])
    across = alike([(first[0], second[0]) for first, second in combinations(openings, 2) if first and second])
    assert within > 1.3 * across


def test_aged_accounts_have_a_past(texts: Texts) -> None:
    """An owner's traffic ends where the harvest begins; most accounts were opened long before the scenario."""
    scenario = _scenario("aged", start_hour=48, days=5)
    pasts = []
    for requests in _play(texts, scenario).values():
        began_ms = next((request.time_ms for request in requests if request.harvest), scenario.end_ms)
        pasts.append([request for request in requests if not request.harvest])
        assert all(request.time_ms <= began_ms for request in pasts[-1])
    assert mean(len(past) >= 5 for past in pasts) > 0.8
    assert RUNGS["aged"].bought_share == 1


def test_rubric_asks_for_tiny_verdicts(texts: Texts) -> None:
    """Prompts hold a pair of candidate answers; replies are a few tokens, inputs a hundred times that."""
    played = _play(texts, _scenario("rubric"))
    assert median(request.output_tokens for request in _all(played)) <= 10
    assert median(len(request.text) for request in _all(played)) > 500
    assert len({request.text[-12:] for request in _all(played)}) == 1


def test_trajectories_loop_over_tools(texts: Texts) -> None:
    """Conversations go through several tool results; the same tool descriptions stand in every account's openings."""
    played = _play(texts, _scenario("trajectories"))
    turns = Counter(request.conversation_id for request in _all(played))
    assert 5 <= mean(turns.values()) <= 9
    assert mean(request.tool_call_count for request in _all(played)) > 0.25
    openings = [set(text.splitlines()) for found in _openings(played).values() for text in found]
    assert len([line for line in set.intersection(*openings) if line.startswith("- ")]) == 5


def test_handoff_continues_conversations_elsewhere(texts: Texts) -> None:
    """A good part of the longer conversations is begun by one account and ended by another, with one root."""
    played = _play(texts, _scenario("handoff", days=6))
    senders: dict[str | None, list[int]] = defaultdict(list)
    roots: dict[str | None, set[str | None]] = defaultdict(set)
    for index, requests in played.items():
        for request in requests:
            senders[request.conversation_id].append(index)
            roots[request.conversation_id].add(request.root_hash)
    longer = [found for found in senders.values() if len(found) > 1]
    assert 0.4 < mean(len(set(found)) == 2 for found in longer) < 0.75
    assert all(len(found) == 1 for found in roots.values())


def test_reasoning_blocks_come_back_under_another_account(texts: Texts) -> None:
    """A reference that one account got and used opens a conversation of another account of its relay, later."""
    used: dict[str, set[int]] = defaultdict(set)
    opens: set[str] = set()
    for index, requests in _play(texts, _scenario("reasoning")).items():
        for request in requests:
            if request.reasoning_ref is not None:
                used[request.reasoning_ref].add(index)
                opens |= {request.reasoning_ref} if request.turn == 1 else set()
    reused = [reference for reference, accounts in used.items() if len(accounts) > 1]
    assert len(reused) > 5
    assert set(reused) <= opens
    assert all(len({index // 4 for index in used[reference]}) == 1 for reference in reused)


def test_pivot_moves_half_of_the_traffic_within_a_day(prompts: dict[str, list[Prompt]]) -> None:
    """A day after the release half of the campaign's requests name the new model, and few of the innocents' do."""
    scenario = msgspec.structs.replace(
        _scenario("pivot", days=4, stagger_hours=0), releases=week().releases[:1], innocents={"chat": 30}
    )
    released_ms = scenario.start_ms + 48 * HOUR_MS
    release = msgspec.structs.replace(scenario.releases[0], hour=48)
    simulation = simulate(msgspec.structs.replace(scenario, releases=(release,)), _SEED, prompts)
    moved: dict[bool, list[bool]] = {False: [], True: []}
    for row in simulation.labelled():
        new = row.event["request_model"] == release.model
        assert not new or row.time_ms >= released_ms
        if released_ms + 24 * HOUR_MS <= row.time_ms:
            moved[row.harvest].append(new)
    assert 0.4 < mean(moved[True]) < 0.6
    assert mean(moved[False]) < 0.3


def test_displacement_moves_to_a_second_pool(prompts: dict[str, list[Prompt]]) -> None:
    """After the ban, which enforcement records, the first pool is silent and idle accounts take over within a day."""
    scenario = _scenario("displacement", days=4, ban_hour=40, spare_accounts=10, accounts=10, stagger_hours=4)
    simulation = simulate(scenario, _SEED, prompts)
    seen: dict[str, list[int]] = defaultdict(list)
    for row in simulation.labelled():
        seen[row.event["account_id"]].append(row.time_ms)
    banned = {ban.account_id for ban in simulation.bans()}
    assert len(banned) == 10
    assert {ban.reason for ban in simulation.bans()} == {"coordinated_harvesting"}
    ban_ms = scenario.start_ms + 40 * HOUR_MS
    assert all(max(seen[account_id]) < ban_ms + 3 * HOUR_MS for account_id in banned)
    spares = [times for account_id, times in seen.items() if account_id not in banned]
    assert len(spares) >= 8
    assert all(min(times) >= ban_ms for times in spares)
    assert min(min(times) for times in spares) < ban_ms + 24 * HOUR_MS


def test_poisoning_begins_with_almost_nothing(texts: Texts) -> None:
    """The rate grows from less than a tenth to the full one."""
    scenario = _scenario("poisoning", days=6, ramp_days=6, stagger_hours=0)
    days = Counter((request.time_ms - scenario.start_ms) // DAY_MS for request in _all(_play(texts, scenario)))
    assert days[0] < 0.1 * days[5]
    assert days[0] < days[2] < days[5]


def test_multilingual_uses_several_languages(texts: Texts) -> None:
    """Every account writes in two languages, all accounts together in at least four."""
    spoken: dict[int, set[str]] = defaultdict(set)
    for index, openings in _openings(_play(texts, _scenario("multilingual"))).items():
        for text in openings:
            spoken[index] |= {code for code, language in LANGUAGES.items() if text.split("\n")[0] in language.shells}
    assert {len(codes) for codes in spoken.values()} == {2}
    assert len(set().union(*spoken.values())) >= 4


def test_serve_and_harvest_sends_human_prompts_alone(texts: Texts) -> None:
    """Conversations are people's, kept as a whole or not at all, about six of ten of them kept."""
    kept: dict[str | None, set[bool]] = defaultdict(set)
    for request in _all(_play(texts, _scenario("serve_and_harvest"))):
        kept[request.conversation_id].add(request.harvest)
    assert all(len(found) == 1 for found in kept.values())
    assert 0.5 < mean(True in found for found in kept.values()) < 0.7


def test_the_ladder_is_deterministic(prompts: dict[str, list[Prompt]]) -> None:
    """Two simulations of every rung at once give the same events, labels and bans; no event comes twice."""
    attacks = tuple(
        rung(name, accounts=min(4, attack.accounts), start_hour=0, stop_hour=None) for name, attack in RUNGS.items()
    )
    scenario = msgspec.structs.replace(week(), days=1, innocents={"chat": 5}, attacks=attacks, banned_share=0.5)
    first, second = (simulate(scenario, _SEED, prompts) for _ in range(2))
    events = list(first.events())
    assert events == list(second.events())
    assert (first.labels(), first.bans()) == (second.labels(), second.bans())
    assert len({event["event_id"] for event in events}) == len(events) > 500


def test_an_unknown_rung_lists_the_known() -> None:
    """The error names the rung and those there are."""
    with pytest.raises(ValueError, match="rung 'nope': unknown; choose one of loud, pool10"):
        rung("nope")


def test_the_week_has_every_rung_once_with_staggered_starts() -> None:
    """Attacks of the standard week are the ladder, each under its own name and kind, begun at different hours."""
    attacks = week().attacks
    assert [attack.name for attack in attacks] == [attack.kind for attack in attacks] == list(RUNGS)
    assert len({attack.start_hour for attack in attacks}) > 15
    assert all(attack.start_hour + attack.stagger_hours < 5 * 24 for attack in attacks)


@pytest.mark.slow
def test_at_most_a_fifth_of_the_week_comes_from_harvesting_accounts() -> None:
    """Innocent traffic is the rule in the standard week; a fifth of it stands for all, whose share is 18 % (seed 0)."""
    simulation = simulate(shrunk(week(), 0.2), 0)
    sent = Counter(str(row.event["account_id"]) for row in simulation.labelled())
    harvesting = sum(sent[label.account_id] for label in simulation.labels() if label.attack_fraction)
    assert 0.1 * sent.total() < harvesting <= 0.2 * sent.total()


def test_a_rung_is_an_attack_with_open_parameters() -> None:
    """Any parameter of a rung can be changed, and is checked."""
    assert isinstance(rung("shell60", accounts=3), Attack)
    with pytest.raises(ValueError, match="relay is 4; expected a divisor"):
        rung("handoff", accounts=3)
