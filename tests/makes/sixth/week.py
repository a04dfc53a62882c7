"""Groups at work: the events and labels of one week."""

from __future__ import annotations

from random import Random

from tests.makes.sixth.accounts import make_accounts
from tests.makes.sixth.conversation import talk
from tests.makes.sixth.dials import Dials
from tests.makes.sixth.draws import DAY, WEEK, digest, one_of
from tests.makes.sixth.habit import CROWDS, Habit, make_habit
from tests.makes.sixth.schedule import make_spans, moments
from tests.makes.sixth.world import Library


def plan_sessions(rng: Random, habits: dict[bool, Habit], goals: dict[bool, int], seat: int) -> list[list[list[str]]]:
    """Sessions until the goals are met: first those of the main business, then those of the cover."""
    plans: dict[bool, list[list[str]]] = {False: [], True: []}
    for cover in (True, False):
        left = goals[cover]
        while left > 0:
            plans[cover].append(habits[cover].session(rng, seat)[: left + 1])
            left -= len(plans[cover][-1]) - 1
    return [plans[False], plans[True]]


class Week:
    """Events and labels of one week."""

    def __init__(self) -> None:
        self.events: list[tuple[str, str, bytes]] = []
        self.labels: list[tuple[str, str, str, str]] = []

    def add(self, rng: Random, library: Library, kind: str, dials: Dials, main: str, campaign: str = "") -> None:
        """Simulate one group, or one solo account."""
        tag = digest("group", rng.random())
        spans, seats = make_spans(rng, dials)
        habit = make_habit(rng, library, main, dials, seats, bool(campaign))
        solo = one_of(rng, "chat_user|chat_user|developer")
        aside = solo if dials.ties == "strangers" or rng.random() < 0.4 else rng.choice([*CROWDS])
        aside = aside if dials.cover else ""
        crowd = make_habit(rng, library, aside, Dials(rng, "loose"), seats) if aside in CROWDS else None
        beat, human_aside = [rng.random() for _ in range(rng.randint(4, 14))], rng.random() < 0.6
        for number, account in enumerate(make_accounts(rng, tag, dials, spans)):
            seat, span = number % seats, (spans[number][0], min(WEEK, spans[number][1]))
            other = (crowd or make_habit(rng, library, aside, dials, seats)) if aside else habit
            days = (span[1] - span[0]) / DAY
            wanted = max(1, round(dials.pace * days * rng.lognormvariate(-(dials.spread**2) / 2, dials.spread)))
            share = min(1.0, max(0.0, dials.cover + rng.gauss(0, 0.05))) if aside else 0.0
            habits = {False: habit, True: other}
            goals = {True: round(wanted * share), False: max(1, wanted - round(wanted * share))}
            count = {False: 0, True: 0}
            for cover, sessions in zip((False, True), plan_sessions(rng, habits, goals, seat), strict=True):
                how = "human" if cover and human_aside else dials.schedule
                starts = moments(rng, how, len(sessions), span, account["calls"]["zone"], beat) if sessions else []
                pause = 70.0 if how == "human" else 12.0
                for when, said in zip(starts, sessions, strict=True):
                    events = talk(rng, account, habits[cover], pause, when, said)
                    count[cover] += len(events)
                    self.events += events
            fraction = count[False] / (count[False] + count[True]) if campaign else 0.0
            self.labels.append((account["stable"]["account_id"], kind, campaign, f"{fraction:.4f}"))
