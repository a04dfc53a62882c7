"""What a group's contents are about: the bundled prompts, and the narrow or wide world of a group."""

from __future__ import annotations

import re
from collections import defaultdict
from random import Random

from streams import corpora
from tests.makes.sixth.draws import one_of, renumber

FIELDS = """logistics: pallet, customs form, delivery window, freight rate, warehouse slot, courier, dock
insurance: claim, deductible, policy rider, water damage, adjuster, premium, liability limit, surveyor, exclusion
cooking: sourdough starter, braise, stock pot, spice blend, emulsion, pastry crust, fermentation jar, marinade, menu
astronomy: red giant, transit curve, spectral line, orbit, telescope mirror, dust ring, parallax, pulsar, eclipse
law: lease clause, deposition, appeal, trademark, warranty term, injunction, statute, indemnity, affidavit, notice
databases: index, query plan, deadlock, replica, migration, foreign key, partition, vacuum job, connection pool, schema
biology: enzyme, cell membrane, plasmid, fungus, protein fold, pollinator, gut flora, genome, larva, synapse, antibody
mathematics: prime gap, matrix rank, integral, graph colouring, random walk, polynomial, eigenvalue, inequality
finance: bond yield, hedge, invoice, cash flow, dividend, exchange rate, audit trail, margin call, budget line, tax rate
travel: night train, visa rule, hostel, hiking trail, ferry, boarding pass, itinerary, rental car, layover, mountain hut
gardening: compost heap, seedling, pruning cut, soil acidity, greenhouse, rain barrel, aphid, raised bed, mulch, graft
music: chord change, tuning fork, bass line, fugue, drum pattern, mixing desk, choir part, tempo, key signature, reed
medicine: blood test, dosage, rash, recovery plan, vaccine, allergy, heart rate, scan, referral, side effect
networks: packet loss, firewall rule, router, certificate, load balancer, latency spike, subnet, proxy, handshake
history: trade guild, siege, treaty, census, colonial port, manuscript, revolt, dynasty, railway boom, city charter
design: colour palette, grid, typeface, paper prototype, icon set, hinge, packaging, lamp shade, chair leg, texture"""
ADJECTIVES = "late|small|rare|reliable|damaged|cheap|early|second|local|missing|recent|broken|shared|heavy|old|public"
PLACES = "Leeds|Porto|Osaka|Tampere|Lima|Pune|Ghent|Accra|Quito|Turin|Perth|Hanoi|Riga|Austin|Izmir|Fez"
KEYS = "name topic region status priority amount opened owner summary channel level reference product remark"
SYLLABLES = "ka|lo|bri|ven|tor|mi|sa|qui|del|ho|fen|zu|nor|est|ald|pri"


class Library:
    """The bundled prompts, with an index of words that single out a topic."""

    def __init__(self) -> None:
        loaded = corpora.load_all()
        self.texts = {name: list(dict.fromkeys(prompt.text[:3000] for prompt in loaded[name])) for name in loaded}
        self.topics: dict[str, list[list[int]]] = {}
        for name, texts in self.texts.items():
            found: dict[str, list[int]] = defaultdict(list)
            for at, text in enumerate(texts):
                for word in sorted(set(re.findall(r"[a-z]{5,}|[\u4e00-\u9fff]{2}", text.lower()))):
                    found[word].append(at)
            self.topics[name] = [rows for rows in found.values() if 12 <= len(rows) <= 250]

    def about(self, rng: Random, names: list[str], topics: int) -> list[str]:
        """Prompts on a number of topics, or all prompts when it is 0, in random order."""
        picked = [text for name in names for text in self.texts[name]] if not topics else []
        if topics:
            rows = {(name, at) for name in names for _ in range(topics) for at in rng.choice(self.topics[name])}
            picked = [self.texts[name][at] for name, at in sorted(rows)]
        return rng.sample(picked, len(picked))


class World:
    """What a group's contents are about: words, names, layout and prompts; a narrow one has topics, the whole none."""

    def __init__(self, rng: Random, library: Library, names: list[str], topics: int) -> None:
        fields = rng.sample(FIELDS.splitlines(), 1 + topics // 4 if topics else 16)
        terms = [term for line in fields for term in line.split(": ")[1].split(", ")]
        self.terms = rng.sample(terms, rng.randint(5, 7)) if topics else terms
        self.subject, self.mix, self.layout = fields[0].split(":")[0], rng.choice((0.15, 0.5, 0.85)), rng.randrange(4)
        people = rng.randint(4, 30) if topics else 300
        self.names = ["".join(one_of(rng, SYLLABLES) for _ in range(rng.randint(2, 4))).title() for _ in range(people)]
        self.keys, self.prompts = rng.sample(KEYS.split(), rng.randint(4, 8)), library.about(rng, names, topics)
        self.in_order, self.used = False, 0

    def prompt(self, rng: Random) -> str:
        """A prompt at random, or the next one, with other numbers from the second round on."""
        if not self.in_order:
            return rng.choice(self.prompts)
        self.used += 1
        text = self.prompts[(self.used - 1) % len(self.prompts)]
        return text if self.used <= len(self.prompts) else renumber(rng, text)

    def fill(self, rng: Random, text: str) -> str:
        """Put words of this world into the named gaps."""
        gaps = {"term": rng.choice(self.terms), "name": rng.choice(self.names), "field": self.subject}
        gaps |= {"d": str(rng.randint(3, 96)), "adj": one_of(rng, ADJECTIVES)}
        return text.format(place=one_of(rng, PLACES), key=rng.choice(self.keys), **gaps)
