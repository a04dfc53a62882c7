"""What people type: openings, follow-ups, pasted text, slips, in several languages and each person's own manner."""

# ruff: noqa: E501 - a wording is one line
from __future__ import annotations

import random
from dataclasses import dataclass

from tests.makes.second import lexicon
from tests.makes.second.corpora import Corpora
from tests.makes.second.prose import LANGUAGES, Prose, code, shell_output
from tests.makes.second.spin import fill, spin

_OPENERS: dict[str, tuple[str, ...]] = {
    "en": (
        "[how do i|how can I|what's the best way to] [deal with|handle|sort out|fix] <<t>>[?| ?|]",
        "[can you|could you|pls|please] [explain|help me understand|tell me about] <<t>> [in simple terms|like i'm five|briefly|]",
        "[write|draft] [an email|a message|a short note|a letter] to [my boss|the landlord|<<p>>|a client|HR] about <<t>>",
        "[what is|whats] the difference between <<t>> and <<u>>",
        "[give me|i need|suggest] [some|five|10|a few] ideas for <<t>>",
        "[is it|would it be] [ok|safe|normal|worth it] to have <<t>> [after|before|without] <<u>>?",
        "[fix|proofread|correct] [the grammar|this|my text][:|]\n\n<<doc>>",
        "[summarize|summarise|tldr|give me the main points of][:| this:| the text below]\n<<doc>>",
        "[make this|rewrite this so it's] [more formal|shorter|friendlier|less robotic]: <<doc>>",
        "why [does|is|do people say] <<t>> [so expensive|like that|matter|never work]",
        "[plan|make] [a 3 day|a weekend|a week long|a cheap] [trip|schedule|plan] [for|around|with] <<t>> in <<c>>",
        "i [have|got|am dealing with] <<t>> and [my|the] <<u>>. [what should i do|any advice|thoughts?]",
        "[what does this mean|why am i getting this|help]\n<<out>>",
        "[what's wrong with|review|refactor|explain] this [code|function|snippet]\n\n<<code>>",
        "[write|make] a <<lang>> [function|script|class] [that|which] [handles|parses|tracks|prints] <<t>>",
        "hey, [quick question|random question|weird one]: <<t>>?",
        "compare <<t>>, <<u>> [and|or] something else [in a table|for me|]",
        "[translate|say] this [in|into|to] [spanish|german|french|mandarin|hindi]: <<s>>",
        "act like [my friend|a recruiter|my tutor|a grumpy chef] and [ask me about|talk to me about] <<t>>",
        "[name|title|caption|slogan] for [a|my] [shop|post|blog|band|project] about <<t>>",
        "<<q>>",
        "<<q>>",
        "<<q>>",
        "<<q>>",
    ),
    "es": ("[cómo puedo|como hago para|qué hago para] [arreglar|mejorar|entender] <<t>>", "[escribe|redacta] un [correo|mensaje] para [mi jefe|el casero|un cliente] sobre <<t>>",
           "[explícame|me explicas] <<t>> [como si tuviera 5 años|en pocas palabras|]", "dame [ideas|consejos|ejemplos] [para|sobre] <<t>> [y|con] <<u>>", "[corrige|resume] este texto: <<s>>",
           "qué diferencia hay entre <<t>> y <<u>>", "[cuánto cuesta|vale la pena] <<t>> en <<c>>?"),
    "de": ("[wie kann ich|wie soll ich|was mache ich mit] <<t>> [verbessern|lösen|erklären]?", "[schreib|formuliere] eine [Mail|Nachricht] an [meinen Chef|den Vermieter|<<p>>] wegen <<t>>",
           "[erklär mir|was bedeutet] <<t>> [einfach|kurz|]", "[gib mir|ich brauche] [5 Ideen|Tipps] für <<t>> und <<u>>", "[korrigiere|fasse zusammen]: <<s>>", "Unterschied zwischen <<t>> und <<u>>?"),
    "fr": ("[comment|comment puis-je] [réparer|améliorer|gérer] <<t>> ?", "[écris|rédige] un [mail|message] à [mon patron|<<p>>|la mairie] [à propos de|pour] <<t>>",
           "[explique-moi|c'est quoi] <<t>> [simplement|en bref|]", "[donne-moi|il me faut] des [idées|conseils] pour <<t>> et <<u>>", "[corrige|résume] ce texte : <<s>>", "différence entre <<t>> et <<u>>"),
    "pt": ("[como eu|como faço pra|como posso] [resolver|melhorar|entender] <<t>>", "[escreve|faz] um [email|texto|zap] pro [meu chefe|cliente|<<p>>] sobre <<t>>",
           "[me explica|o que é] <<t>> [de um jeito simples|rapidinho|]", "[me dá|preciso de] [ideias|dicas] [de|pra] <<t>> e <<u>>", "[corrige|resume] isso: <<s>>", "vale a pena <<t>> em <<c>>?"),
    "zh": ("[怎么|如何|请问怎样]处理<<t>>[？|]", "帮我[写|起草]一[封邮件|段话|份通知]，关于<<t>>，[语气正式一点|不要太长|发给<<p>>]", "[解释一下|什么是|简单说说]<<t>>[，像给小孩讲一样|]",
           "给我[几个|五个|一些]关于<<t>>和<<u>>的[建议|点子|例子]", "<<t>>和<<u>>有什么[区别|关系]", "[润色|总结|翻译]：<<s>>", "在<<c>><<t>>[贵吗|值得吗|怎么样]"),
    "ru": ("[как|подскажи как] [исправить|улучшить|понять] <<t>>", "[напиши|составь] [письмо|сообщение] [начальнику|клиенту|<<p>>] про <<t>>", "[объясни|что такое] <<t>> [простыми словами|кратко|]",
           "[дай|нужны] [идеи|советы] про <<t>> и <<u>>", "[исправь|сократи] текст: <<s>>", "чем отличается <<t>> от <<u>>"),
}  # fmt: skip

_FOLLOWUPS: dict[str, tuple[str, ...]] = {
    "en": ("[ok|okay|thanks|thx|great], [but|now|and] [shorter|make it longer|in bullet points|less formal|add an example]", "continue", "[why|how come|really|are you sure]?",
           "[what about|and] <<t>>?", "[that's wrong|no i meant|not what i asked], [i want|it's about] <<t>>", "[try again|another one|one more|give me 5 more]",
           "[now|can you] [put it in a table|translate it to spanish|add <<t>>|remove the part about <<u>>]", "[thanks|ty|perfect]!", "[it still says|now i get] <<out>>", "yes", "no, [<<t>>|the other one]",
           "[i changed it to|here's my version]: <<s>>", "[and if|what if] the <<t>> [isn't there|changes|is too expensive]?", "<<q>>", "ok [and what does|so does] <<t>> [mean|do] then"),
    "es": ("[más corto|más formal|otra vez|sigue]", "[y|pero] <<t>>?", "gracias[!|]", "no, [me refería a|quiero] <<t>>"),
    "de": ("[kürzer|förmlicher|nochmal|weiter] bitte", "[und|aber] <<t>>?", "danke[!|]", "nein, ich [meinte|will] <<t>>"),
    "fr": ("[plus court|plus formel|continue|encore]", "[et|mais] <<t>> ?", "merci[ !|]", "non, je [voulais|parle de] <<t>>"),
    "pt": ("[mais curto|mais formal|continua|de novo]", "[e|mas] <<t>>?", "[obrigado|valeu|brigada]", "não, [eu quis dizer|quero] <<t>>"),
    "zh": ("[短一点|正式一点|继续|再来一个|换一种说法]", "那<<t>>呢", "谢谢", "不对，我[说的是|要的是]<<t>>"),
    "ru": ("[короче|ещё раз|дальше|официальнее]", "а <<t>>?", "спасибо", "нет, я про <<t>>"),
}  # fmt: skip

_NOUNS: dict[str, list[str]] = {
    "es": ["la hipoteca", "el alquiler", "mi gato", "un currículum", "la boda de mi hermana", "el seguro del coche", "una receta de lentejas", "el examen de química", "mi perfil de LinkedIn", "el jardín", "la declaración de la renta", "un viaje a Perú", "la dieta", "el ruido del vecino", "mi tesis", "una cámara usada", "el wifi", "la guitarra"],
    "de": ["die Nebenkosten", "mein Lebenslauf", "den Kündigungsbrief", "die Steuererklärung", "ein Hochbeet", "mein altes Fahrrad", "die Bachelorarbeit", "den Mietvertrag", "eine Geburtstagsrede", "das WLAN", "die Heizung", "einen Kuchen ohne Ei", "die Katze", "den Umzug", "Excel-Formeln", "die Grammatik", "den Urlaub in Kroatien"],
    "fr": ["le bail", "mon CV", "une lettre de motivation", "les impôts", "un gâteau sans gluten", "le jardin", "mon mémoire", "la chaudière", "un discours de mariage", "le wifi", "la voiture d'occasion", "un voyage au Japon", "le chat", "les maths de troisième", "la mutuelle", "mon site web"],
    "pt": ["o aluguel", "meu currículo", "o imposto de renda", "uma receita de bolo", "o TCC", "a geladeira", "meu cachorro", "um contrato", "o seguro do carro", "a festa junina", "uma planilha", "o wifi", "a prova de história", "a viagem pra Bahia", "meu Instagram", "a dieta"],
    "zh": ["租房合同", "我的简历", "年终总结", "红烧肉", "考研英语", "孩子的作业", "二手车", "毕业论文", "公司团建", "减肥计划", "空调故障", "小红书文案", "旅行攻略", "医保报销", "猫的绝育", "面试自我介绍", "朋友的婚礼", "数据透视表", "社保转移", "演讲稿"],
    "ru": ["договор аренды", "моё резюме", "курсовую", "налоговый вычет", "рецепт борща", "старый ноутбук", "ремонт кухни", "поездку в Казань", "английский", "кота", "поздравление коллеге", "сад", "таблицу в Excel", "собеседование", "машину"],
}  # fmt: skip

#: From everybody's to hardly anybody's.
_PHRASES = (
    "<<x>> please", "hi, <<x>>", "<<x>> thanks", "Hello! <<x>>", "quick question, <<x>>", "<<x>> keep it short", "hey chat, <<x>>",
    "<<x>> step by step", "be honest: <<x>>", "<<x>> no fluff", "<<x>> Explain it so a beginner understands.", "ok so <<x>>",
    "<<x>> and give me the sources", "I was wondering, <<x>>", "<<x>> - don't use bullet points", "Serious question. <<x>>",
    "<<x>> Answer in a table with pros and cons.", "<<x>> in under 100 words please", "For context, I work in a small office. <<x>>",
    "<<x>> Ask me anything you need to know before you answer.", "dumb question maybe but <<x>>", "<<x>> thx in advance!!",
    "You are my no-nonsense mentor. <<x>>", "Think about it carefully before you answer: <<x>>", "<<x>> (UK English please)",
    "my wife says otherwise, but <<x>>", "<<x>> and then check your own answer for mistakes", "need this by tonight! <<x>>",
    "<<x>> Write like a human, avoid the words delve and tapestry.", "Asking for a friend: <<x>>", "<<x>> rate my idea from 1 to 10",
    "I'm on my phone so keep it brief. <<x>>", "<<x>> What would a senior expert do differently?", "Let's play pretend you are my accountant. <<x>>",
    "<<x>> Show your reasoning first and the answer last.", "(english is not my first language) <<x>>", "<<x>> and quiz me on it afterwards",
    "Without judging me, <<x>>", "<<x>> give me three versions, casual, neutral and formal", "Continuing from yesterday: <<x>>",
    "I have ADHD so please number the steps. <<x>>", "<<x>> pretend I know nothing about it", "for my newsletter readers: <<x>>",
    "<<x>> and end with one sentence I can quote", "As a parent of two, <<x>>", "<<x>> what could go wrong?",
)  # fmt: skip


@dataclass(slots=True)
class Person:
    """Somebody who types: interests, language, and how carefully."""

    language: str
    trades: list[str]
    slips: float
    lower: float
    curiosity: float
    """Chance of another turn."""
    codes: bool
    phrases: list[str]
    """Turns of phrase that it puts about its questions; some are everybody's, most a few people's."""


class Talk:
    """Makes conversations from grammars and from sets of what people really asked."""

    def __init__(self, corpora: Corpora, prose: Prose) -> None:
        self._prose = prose
        self._asked = corpora.texts("nq_open", "clinc150", "instructwild_users")
        self._asked += corpora.texts("gpteacher_roleplay")[::3] + corpora.texts("gpteacher_codegen")[::9]
        self._developer = corpora.texts("nl2bash", "gpteacher_codegen")
        self._chinese = corpora.texts("huatuo_med")[::4] + [
            text for text in corpora.texts("iopo_trace")[::3] if text[:1] > "\u2e80"
        ]
        self._shared = corpora.conversations("sharegpt_sample", "moss_chat")
        self._sessions = corpora.conversations("coding_sessions_A")

    def person(self, rng: random.Random, language: str, *, codes: bool | None = None) -> Person:
        """Draw somebody."""
        return Person(
            language=language,
            trades=rng.sample(lexicon.TRADE_NAMES, rng.randint(1, 4)),
            slips=rng.choice([0.0, 0.0, 0.02, 0.1, 0.3]),
            lower=rng.choice([0.0, 0.2, 0.9]),
            curiosity=rng.uniform(0.3, 0.85),
            codes=rng.random() < 0.25 if codes is None else codes,
            phrases=[_PHRASES[int(rng.random() ** 1.7 * len(_PHRASES))] for _ in range(rng.randint(0, 3))],
        )

    def conversation(self, person: Person, rng: random.Random) -> list[str]:
        """The user's turns of one conversation."""
        shared = self._sessions if person.codes and self._sessions else self._shared
        if shared and rng.random() < 0.3:
            turns = shared[int(rng.random() * len(shared))]
            first = int(rng.random() * min(3, len(turns)))
            return turns[first : first + 12]
        turns = [self._line(person, rng, _OPENERS)]
        while rng.random() < person.curiosity and len(turns) < 25:
            turns.append(self._line(person, rng, _FOLLOWUPS))
        return turns

    def _line(self, person: Person, rng: random.Random, patterns: dict[str, tuple[str, ...]]) -> str:
        trade = person.trades[int(rng.random() * len(person.trades))]
        own = patterns.get(person.language, patterns["en"])
        if person.language == "zh" and rng.random() < 0.2 and self._chinese:
            return self._chinese[int(rng.random() * len(self._chinese))]
        frame = spin(own[int(rng.random() * len(own))], rng)
        text = fill(frame, **dict(self._fillings(frame, person, trade, rng)))
        return self._manner(text, person, rng)

    def _fillings(self, frame: str, person: Person, trade: str, rng: random.Random) -> list[tuple[str, str]]:
        prose, out = self._prose, []
        nouns = _NOUNS.get(person.language)
        if "<<t>>" in frame:
            out.append(("t", rng.choice(nouns) if nouns else lexicon.topic(trade, rng)))
        if "<<u>>" in frame:
            out.append(("u", rng.choice(nouns) if nouns else lexicon.topic(trade, rng)))
        if "<<p>>" in frame:
            out.append(("p", lexicon.person(rng)))
        if "<<c>>" in frame:
            out.append(("c", rng.choice(lexicon.PLACES)))
        if "<<s>>" in frame:
            out.append(("s", prose.statement(trade, rng)))
        if "<<doc>>" in frame:
            out.append(("doc", prose.document(trade, rng, 2 + int(rng.expovariate(0.25)))))
        if "<<out>>" in frame:
            out.append(("out", shell_output(trade, rng, 1 + int(rng.expovariate(0.4)))))
        if "<<code>>" in frame:
            out.append(("code", code(rng.choice(LANGUAGES), trade, rng, 3 + int(rng.expovariate(0.2)))))
        if "<<lang>>" in frame:
            out.append(("lang", rng.choice(["python", "js", "bash", "excel", "sql", "c#"])))
        if "<<q>>" in frame:
            pool = self._developer if person.codes else self._asked
            out.append(("q", pool[int(rng.random() * len(pool))]))
        return out

    def _manner(self, text: str, person: Person, rng: random.Random) -> str:
        if person.phrases and person.language == "en" and rng.random() < 0.3:
            text = fill(rng.choice(person.phrases), x=text)
        if person.lower and rng.random() < person.lower:
            text = text.lower()
        while rng.random() < person.slips and len(text) > 8:
            at = int(rng.random() * (min(len(text), 160) - 2)) + 1
            kind = rng.random()
            if kind < 0.4:
                text = text[: at - 1] + text[at] + text[at - 1] + text[at + 1 :]
            elif kind < 0.7:
                text = text[:at] + text[at + 1 :]
            else:
                text = text[:at] + text[at] + text[at:]
        return text
