"""Wordings of the instructions that a group wraps around its contents."""

from __future__ import annotations

from random import Random

from tests.makes.sixth.dials import Dials
from tests.makes.sixth.draws import expand, one_of
from tests.makes.sixth.world import PLACES, World

#: Clauses of wrappers: the lines of a kind say one thing in different ways, brackets hold synonyms.
ROLES = """You are [an experienced|a seasoned|a senior|a careful] {field} [specialist|expert|analyst|editor]. ;;
[Act as|Take the part of|Answer as] a colleague who has [worked in|spent years on] {field}. ;;
[Imagine|Suppose] that you [handle|look after|deal with] {field} [matters|work] every day."""
TASKS = {
    "question": "[Solve|Answer|Work out] this [with care|please]. ;; [What is|Give] the [right|correct] answer here.",
    "task": "[Do|Carry out|Complete] the [task|assignment] [below|given]. ;; [Please produce|Deliver] what is asked.",
    "code": "[Review|Inspect|Go through] this code. ;; [Improve|Repair|Complete] the [snippet|function].",
    "record": "[Use|Process|Work from] this record. ;; [Turn|Convert] these [fields|entries] into a [text|note].",
    "dialogue": "[Continue|Assess|Summarise] the conversation. ;; [Write|Give] the next [reply|turn].",
    "pair": "[Compare|Judge|Grade] the answers. ;; [Tell|Say] which answer is [better|stronger].",
    "tool": "[Decide|Choose] the next step. ;; [Read|Interpret] the output and [act|proceed].",
    "passage": "[Rewrite|Translate|Edit] this text. ;; [Classify|Check|Rate] the [text|passage] here.",
}
CONCEPTS = """[Explain|Lay out|Show] [every|each] step before the [answer|result]. ;; [Skip|Omit] no [step|reason].
[Keep|Hold] the [reply|answer] under {d}0 words. ;; Be [brief|concise|short]: at most {d}0 words, [please|thanks].
Return [only|just|nothing but] a JSON object with the keys {key} and note. ;; Output [must|has to] be valid JSON.
If [something|anything] is unclear, [say so|state it] and [go on|continue]. ;; [Name|Mark] what you are unsure of.
[Put|Place] the final [result|answer] on the last line. ;; [End|Finish|Close] with one line that holds the result.
[Use|Choose] plain [words|language]. ;; [Avoid|Leave out] jargon, [a newcomer|a beginner] has to follow it.
Give a [score|mark|rating] between 1 and {d}. ;; [Rate|Score] it on a scale up to {d}, [whole numbers only|strictly].
Check [your|the] work [twice|once more] before [you answer|answering]. ;; [Verify|Test] the outcome independently.
[Mention|List] two alternatives and why they [fail|lose]. ;; [Weigh|Consider] other approaches and [reject|rank] them.
This is for {name}, whose [clients|readers|users] [care about|look for] {term}. ;; {name} will [use|read] the reply.
[Keep|Preserve] names and numbers [unchanged|as they are]. ;; [Names|Figures] must [stay|remain] as given.
[Write|Answer] in [British|formal|simple] English. ;; [Stick|Keep] to a [friendly|neutral] tone.
[Think|Reason] aloud, then [decide|conclude]. ;; First [note|jot down] your thoughts, then [decide|conclude].
Do not [repeat|quote] the [input|text]. ;; [Repeating|Copying] the input is [not needed|unwanted].
[Use|Take] headings for [parts|sections] over {d} lines. ;; [Structure|Divide] long replies with headings.
[Consider|Bear in mind] rules that [apply|hold] in {place}. ;; [Our|The] office is in {place}, [mind|respect] that.
[Quote|Cite] the [line|part] on which you rely. ;; [Point|Refer] to the [evidence|place] for each [claim|statement].
[Add|Supply] a [title|heading] of at most six words. ;; Begin with a [short|brief] title, [then|next] the body.
When two [readings|meanings] are possible, [take|follow] the [likelier|more common] one. ;; [Resolve|Settle] doubts.
[Treat|Handle] every case [by itself|separately]. ;; [Earlier|Previous] cases [do not matter|are irrelevant].
[Include|Give] one [example|illustration] from {field}. ;; [Illustrate|Show] it once with {term}, [if useful|if apt].
[Flag|Report] anything [risky|unsafe|odd]. ;; [Should|If] something [looks|seems] wrong, [warn|alert] us in a note."""
FRAMES = ("{c}", "{N}: {c}", "<{n}>\n{c}\n</{n}>", '"""{c}"""', "{c}", "### {N}\n{c}", "---\n{c}\n---", "[{n}] {c}")
NOUNS = "input|item|text|case|material|source"


def make_wordings(rng: Random, shape: str, dials: Dials, world: World) -> list[tuple[str, str, str]]:
    """Wordings of one wrapper: its clauses are chosen once, then said and ordered differently."""
    fixed = {"term": rng.choice(world.terms), "name": rng.choice(world.names), "place": one_of(rng, PLACES)}
    fixed |= {"field": world.subject, "d": str(rng.randint(3, 20)), "key": rng.choice(world.keys)}
    clauses, concepts = [TASKS[shape]] + [ROLES] * (dials.words > 18), CONCEPTS.splitlines()
    for concept in rng.sample(concepts, len(concepts)):
        if sum(len(clause.split(" ;;")[0].split()) for clause in clauses) < dials.words:
            clauses.append(concept)
    frame, shuffled = rng.choice(FRAMES), rng.random() < 0.7
    made = []
    for number in range(dials.wordings):
        own = rng.sample(clauses, len(clauses)) if shuffled and number else clauses
        said = [expand(rng, rng.choice(clause.split(" ;;")).strip()).format(**fixed) for clause in own]
        cut = {"start": 0, "middle": (len(said) + 1) // 2}.get(dials.slot, len(said))
        noun = one_of(rng, NOUNS)
        frame = rng.choice(FRAMES) if number and shuffled else frame
        named = frame.replace("{n}", noun).replace("{N}", noun.title())
        made.append((" ".join(said[:cut]), " ".join(said[cut:]), named))
    return made
