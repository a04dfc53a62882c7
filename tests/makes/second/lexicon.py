"""Words: names, places, firms and the vocabulary of fifteen trades, from which facts and prose are made."""

# ruff: noqa: ISC004, E501 - the words of a trade are one string
from __future__ import annotations

import random


def words(text: str) -> list[str]:
    """Cut a text at its blanks, or at its bars where it has some."""
    return text.split("|") if "|" in text else text.split()


FIRST = words("""Amara Boris Chen Dalia Emeka Farid Greta Hana Ivo Jamal Katya Luis Mei Nadia Omar Priya Quentin Rosa Sven Tariq Uma
Viktor Wanda Ximena Yusuf Zofia Aaron Beatriz Carlos Diana Elena Felix Grace Hugo Ines Jonas Kofi Lena Marco Nora Oscar Paula
Rafael Sofia Tomas Ursula Vera Wei Yara Zane Anil Bruna Cleo Dmitri Esther Fatou Goran Helga Imran Julia""")
LAST = words("""Abara Bergstrom Castellano Dhillon Eriksen Fontaine Gupta Haddad Ivanova Jensen Kowalski Lindqvist Moreau Nakamura
Okafor Petrov Quiroga Rossi Schmidt Tanaka Ueda Vasquez Weber Xu Yilmaz Zhang Almeida Baptiste Cohen Duarte Elmasri Farrow
Grant Hoang Iqbal Jung Kiplagat Larsson Mbeki Novak Osei Park Ramirez Sato Tran Ulrich Varga Walsh Young Zapata""")
PLACES = words("""Aarhus Bristol Cali Dresden Edmonton Fukuoka Graz Hanoi Izmir Jaipur Kigali Leipzig Malmo Nantes Oaxaca Porto
Quito Riga Sapporo Tampa Utrecht Valencia Warsaw Xiamen Yerevan Zagreb Austin Bergen Cordoba Denver Eindhoven Fresno Gdansk
Hobart Ibadan Johor Krakow Lyon Memphis Nagoya Omaha Perth Recife Seville Tucson Vilnius""")
FIRM_HEADS = words("""Alder Beacon Cobalt Dune Ember Falcon Granite Harbor Indigo Juniper Kestrel Larch Meridian Nimbus Orchard Pinnacle
Quartz Ridge Sable Tundra Umbra Vantage Willow Yarrow Zephyr Birch Copper Delta Echo Foxglove Glacier Heron Iris Lumen Mosaic
Northgate Opal Prairie Raven Summit""")
FIRM_TAILS = words("""Labs Foods Dental Logistics Partners Motors Realty Clinic Software Studio Textiles Energy Insurance Travel Tools
Legal Bikes Bakery Pharma Analytics Records Marine Homes Media Supply Freight Optics Coffee""")

#: Nouns, qualities and deeds of each trade.
TRADES: dict[str, tuple[list[str], list[str], list[str]]] = {
    name: (words(nouns), words(qualities), words(deeds))
    for name, nouns, qualities, deeds in (
        ("property", "flat terrace balcony kitchen garage mortgage tenant lease deposit landlord cellar heating roof viewing "
         "survey boiler loft fence driveway agent", "bright spacious renovated south-facing quiet furnished damp detached modern "
         "central", "renovated viewed let sold inspected repainted listed valued insulated rewired"),
        ("health", "appointment prescription dose clinic allergy nurse referral symptom scan injection rash recovery insurance "
         "physio surgery inhaler bandage vaccine migraine checkup", "chronic mild acute itchy swollen routine urgent seasonal "
         "overdue painful", "prescribed postponed examined diagnosed treated referred monitored refilled vaccinated discharged"),
        ("shop", "parcel refund sleeve courier invoice voucher discount warranty size colour basket stock return seller box "
         "charger jacket kettle lamp shoes", "damaged late missing faulty faded original cheap sturdy wrong spare",
         "delivered returned refunded ordered exchanged cancelled shipped packed charged replaced"),
        ("software", "endpoint migration cache token queue schema deployment regression container webhook pipeline index "
         "timeout socket retry log parser branch release dashboard", "flaky stale asynchronous nullable deprecated idempotent "
         "slow verbose nested concurrent", "deployed reverted patched profiled merged cached refactored logged throttled mocked"),
        ("finance", "ledger dividend invoice margin forecast loan audit coupon portfolio hedge expense payroll treasury covenant "
         "receivable budget bond yield quarter tax", "volatile overdue quarterly gross hedged liquid deferred net fixed impaired",
         "audited accrued hedged reconciled forecast invoiced amortised booked reported provisioned"),
        ("travel", "flight hostel visa layover ferry itinerary luggage passport museum beach hike rental platform ticket guide "
         "tram border booking airport sunset", "delayed scenic crowded cheap remote overnight guided direct rainy coastal",
         "booked cancelled rerouted visited missed hiked rented upgraded explored photographed"),
        ("kitchen", "dough saucepan basil oven marinade broth lentils butter yeast whisk garlic pastry skillet cumin batter "
         "lemon shallot custard noodles pickle", "crispy simmering tender salty vegan gluten-free smoky burnt ripe creamy",
         "simmered roasted kneaded chopped folded marinated seasoned baked chilled reduced"),
        ("law", "clause contract plaintiff notice liability tenant statute appeal licence warranty deposition witness trademark "
         "settlement injunction counsel party breach remedy hearing", "binding void material reasonable exclusive prior joint "
         "written statutory severable", "terminated breached filed appealed waived indemnified disclosed assigned settled amended"),
        ("garden", "compost seedling trellis aphid mulch pruning lawn soil greenhouse tomato hedge perennial bulb slug pond "
         "rake orchard fern blossom drainage", "shady sandy frost-hardy overgrown wilted fragrant native evergreen dry leafy",
         "planted pruned watered mulched harvested transplanted fertilised weeded sown staked"),
        ("music", "chord bassline reverb chorus tempo mixer drummer setlist vinyl melody amplifier lyric octave rehearsal "
         "microphone bridge sample gig cello label", "minor muffled upbeat acoustic distorted mellow syncopated raw loud live",
         "recorded mixed rehearsed performed remastered tuned sampled transposed released improvised"),
        ("factory", "bearing conveyor torque gasket shift batch sensor weld pallet valve tolerance coolant spindle inspection "
         "downtime forklift alloy fixture supplier scrap", "worn overheated calibrated misaligned spare hydraulic brittle "
         "certified noisy automatic", "welded calibrated inspected lubricated scrapped machined stamped replaced shipped aligned"),
        ("school", "essay homework seminar thesis rubric lecture exam syllabus paragraph citation tutor deadline semester "
         "presentation footnote library grade scholarship experiment outline", "overdue vague persuasive weekly introductory "
         "graded comparative revised brief original", "submitted graded revised cited drafted presented memorised summarised "
         "postponed outlined"),
        ("science", "enzyme catalyst isotope membrane neutron orbit sediment polymer genome plasma lattice receptor spectrum "
         "glacier antibody electron fossil reactor vaccine neuron", "unstable thermal soluble magnetic molecular recessive "
         "ionised crystalline tidal dense", "measured isolated observed synthesised sequenced modelled irradiated cultured "
         "calibrated detected"),
        ("marketing", "campaign slogan audience newsletter funnel banner influencer keyword persona launch hashtag survey brand "
         "landing-page conversion webinar press-kit podcast storyboard retention", "organic viral bold seasonal on-brand weekly "
         "paid trending loyal targeted", "launched branded segmented promoted tested scheduled boosted rebranded surveyed pitched"),
        ("work", "meeting manager contract overtime résumé interview rota handbook feedback onboarding vacancy shift salary "
         "notice-period desk agenda minutes workshop expense-report mentor", "awkward remote part-time urgent unpaid formal "
         "junior quarterly hybrid constructive", "scheduled rescheduled promoted hired resigned interviewed approved postponed "
         "trained appraised"),
    )
}  # fmt: skip
TRADE_NAMES = sorted(TRADES)


def person(rng: random.Random) -> str:
    """Draw a first and a last name."""
    return f"{rng.choice(FIRST)} {rng.choice(LAST)}"


def firm(rng: random.Random) -> str:
    """Draw a firm's name; some 40,000 exist."""
    head = rng.choice(FIRM_HEADS)
    middle = rng.choice(["", f" & {rng.choice(LAST)}", f" {rng.choice(PLACES)}", f" {rng.choice(LAST)}"])
    return f"{head}{middle} {rng.choice(FIRM_TAILS)}"


def topic(trade: str, rng: random.Random) -> str:
    """Draw what a question of this trade may be about, such as ``late refund of the kettle``."""
    nouns, qualities, deeds = TRADES[trade]
    a, b = rng.choice(nouns), rng.choice(nouns)
    shape = int(rng.random() * 8)
    if shape == 0:
        return f"{rng.choice(qualities)} {a}"
    if shape == 1:
        return f"a {rng.choice(deeds)} {a} in {rng.choice(PLACES)}"
    if shape == 2:
        return f"{a} and {b}"
    if shape == 3:
        return f"{a} for a {rng.choice(qualities)} {b}"
    if shape == 4:
        return f"my {rng.choice(qualities)} {a}"
    if shape == 5:
        return f"{a} vs {b}"
    if shape == 6:
        return f"{rng.choice(qualities)} {a} near {rng.choice(PLACES)}"
    return f"{a} that was {rng.choice(deeds)} twice"
