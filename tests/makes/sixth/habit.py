"""What a seat says in a session, for a crowd, a solo account or a campaign."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from tests.makes.sixth.dials import OUTPUTS, Dials
from tests.makes.sixth.draws import log_uniform, one_of
from tests.makes.sixth.feed import SHAPES, Feed
from tests.makes.sixth.world import Library, World
from tests.makes.sixth.wrapper import make_wordings

CHAT = "nq_open gpteacher_roleplay clinc150 huatuo_med gsm8k_train mathdial_tutor iopo_trace"
CHATTER = (
    "{c}|{c}|hi, {c}|quick question: {c}|{c} thanks!|could you help me? {c}|so, {c}|{c} (no rush)|ok new topic. {c}"
)
FOLLOW = (
    "why is that?|can you say more about the {term}?|make it shorter|now do the same for {name}|I don't follow {d}|"
    "what about the {adj} {term}?|are you sure about that?|give me one more example with a {term}|and in {place}?|"
    "please redo the last part|is there a simpler way?|the {term} part is wrong, look again|next: the {adj} {term}|"
    "put that in a table|what would change if it were {d}?|continue|explain the second point with the {term} in mind"
)
#: Innocent crowds: shape of the contents, how they recur, who the members are to each other.
CROWDS = {
    line.split()[0]: line.split()[1:]
    for line in """support_desk dialogue stream office|shop_catalogue record pool office|code_team code pool office
moderation passage stream office|claims_office record stream office|students question assignment loose
benchmark_team question rerun office|essay_grading pair stream loose|quiz_makers task stream loose
translators passage pool loose|viral_prompt task own strangers|marketplace_prompt any own strangers
agent_ops tool stream office|help_line question stream loose""".replace("\n", "|").split("|")
}


@dataclass
class Habit:
    """What a seat says in a session: wrapped contents, or chat when there are no wordings."""

    feed: Feed
    turns: float
    output: tuple[float, float]
    slot: str = "end"
    wordings: list[tuple[str, str, str]] = field(default_factory=list)
    fixed: bool = True

    def session(self, rng: Random, seat: int) -> list[str]:
        """The system prompt, perhaps empty, and the turns of one conversation."""
        count = 1 if self.turns <= 1 else 1 + min(14, int(rng.expovariate(1 / (self.turns - 1))))
        head, tail, frame = rng.choice(self.wordings) if self.wordings else ("", "", one_of(rng, CHATTER))
        if self.wordings and self.fixed:
            head, tail, frame = self.wordings[seat % len(self.wordings)]
        said, world = [head + tail if self.slot == "system" else ""], self.feed.worlds[seat]
        for turn in range(count):
            if turn and rng.random() < 0.7:
                said.append(world.fill(rng, one_of(rng, FOLLOW)))
                continue
            text = frame.replace("{c}", self.feed.next(rng, seat))
            inside = self.slot != "system" and (turn == 0 or not self.wordings or rng.random() < 0.5)
            said.append("\n".join(part for part in (head, text, tail) if part) if inside else text)
        return said


def make_habit(rng: Random, library: Library, crowd: str, dials: Dials, seats: int, campaign: bool = False) -> Habit:
    """The habit of a crowd, of solo users or, with the crowd's shape, of a campaign."""
    if crowd in ("chat_user", "developer"):
        shape = "code" if crowd == "developer" else one_of(rng, "question|question|task|passage|record|pair")
        feed = Feed(rng, library, shape, "stream", 1)
        if crowd == "chat_user":
            feed.worlds = [World(rng, library, rng.sample(CHAT.split(), 2), rng.randint(3, 6))]
        feed.worlds = feed.worlds * seats
        chat = Habit(feed, log_uniform(rng, 1, 5), rng.choice(OUTPUTS[1:]))
        if rng.random() < 0.5:  # instructions or an application of their own
            chat.slot = dials.slot if rng.random() < 0.5 else "system"
            chat.wordings = make_wordings(rng, shape, dials, feed.worlds[0])
        return chat
    shape, policy = (crowd, one_of(rng, "shard|topics")) if campaign else CROWDS[crowd][:2]
    shape = rng.choice(sorted(SHAPES)) if shape == "any" else shape
    feed = Feed(rng, library, shape, policy, seats)
    wordings = make_wordings(rng, shape, dials, feed.worlds[0])
    return Habit(feed, dials.turns, dials.output, dials.slot, wordings, rng.random() < 0.7)
