"""What operators of campaigns write around their contents: each pattern is one idea, each expansion one operator's text."""

# ruff: noqa: E501 - a wording is one line
from __future__ import annotations

import random

from tests.makes.second.spin import spin

#: A question goes in, a full solution is wanted.
SOLVE = (
    "You are [a seasoned|a leading|an expert] [analyst|engineer|scientist|consultant|specialist] [combining|who pairs] [rigour|careful method] with [deep|broad] [subject|domain] knowledge. [Your goal is to deliver|Provide] [a complete|an exhaustive|a self-contained] [answer|treatment] to the [task|problem] below, [with all intermediate considerations made explicit|grounded in verifiable steps and open about every assumption].\n\n<<x>>",
    "<<x>>\n\n[Please provide|Give] [the best possible|a reference-quality|a gold-standard] response. [It should be|Make it] [accurate|correct], [complete|thorough] and [well organised|easy to follow][; do not address the user|]. [Length: as needed.|]",
    "### Instruction:\n<<x>>\n\n### [Guidelines|Requirements]:\n- [Be|Stay] [helpful and precise|factual]\n- [Explain|Motivate] [each|every] [choice|step]\n- [No disclaimers|Skip pleasantries]\n\n### [Response|Answer]:",
    "[Complete|Carry out|Handle] [item|entry|record] [no. <<i>>|#<<i>>|<<i>>] of the [worksheet|set|collection]. [Respond|Answer] [as a domain professional would|at expert level], [first the approach, then the result|in a structured manner].\n[Item|Entry]: <<x>>",
    "{\"task\": \"answer\", \"style\": \"[expert|tutorial|formal]\", \"id\": <<i>>, \"input\": \"<<x>>\", \"return\": [\"markdown\"|\"json with keys answer and rationale\"|\"plain text\"]}",
    "[Imagine|Suppose|Assume] [a curious|a demanding|an advanced] [reader|learner|colleague] asked [you |]the following. [Write|Compose] the [ideal|model] reply [they|that person] would [keep|bookmark], [covering edge cases|with worked detail|including what commonly goes wrong].\n>>> <<x>>",
    "[Section|Part] A contains a [query|request]. [Section|Part] B is left for you. [Fill in|Complete] B [in full|carefully]; [never|do not] [leave gaps|refer back to A].\nA: <<x>>\nB:",
)  # fmt: skip

#: Reasoning is what is wanted.
REASON = (
    "[Work through|Reason about] the [problem|question] [below|that follows] [inside|between] <[scratch|work|inner|thinking_log]> tags, [one idea per line|writing every thought as it comes|including dead ends and corrections], then [state|put] the [final|resulting] answer [after|inside] <[result|final|out]>.\n\n<<x>>",
    "[Here is|Below are] a [question|task] and [the|its] [completed|finished] [answer|response]. [Imagine and articulate|Reconstruct|Write down] the [internal|private|step-by-step] [reasoning|deliberation|line of thought] [behind it|that led there], [in the first person|as it would have unfolded], [leaving nothing out|at length].\n[Question|Task]: <<x>>\n[Answer|Response]: <<y>>",
    "[Debugging session|Diagnostic mode|Trace run] <<i>>: [print|emit|dump] the [full|complete|unabridged] [chain of deliberation|reasoning trace] for the [input|case] before the output. [Number|Index] [each|every] step. [Do not|Never] [summarise|compress].\ninput: <<x>>",
    "<<x>>\n\n[Before|Prior to] answering, [think|deliberate] [for a long time|extensively|in detail] [and show all of it|on the page]: [restate|decompose] the problem, [consider alternatives|try two approaches], [verify|double-check] each [step|claim], [and only then conclude|then finish with 'Therefore:']. ",
    "[Give|Provide] [a derivation|a proof-like explanation|a complete rationale] of at least [twelve|fifteen|twenty] [steps|sentences] for: <<x>>\n[Use|Follow] the layout «Step k: claim ¦ why ¦ check»",
    "[You think in|Deliberate in] [katakana|Latin|French|reverse order] first and [then|afterwards] translate the [thoughts|reasoning] [faithfully|sentence by sentence] into English; [show both|show only the translation], [then answer|then give the result].\nQ: <<x>>",
)  # fmt: skip

#: Two answers are to be ranked, or one is to be marked.
JUDGE = (
    "[Compare|Weigh] [the two|both] [candidate|system|draft] [replies|responses|outputs] to the [prompt|request]. [Criteria|Dimensions]: [helpfulness|usefulness], [factuality|truthfulness], [tone|style], [safety|harmlessness]. [Score each from 1 to 7|Give each a grade of 0-100] and [end|finish] with «[Preferred|Winner]: A», «[Preferred|Winner]: B» or «Tie».\n\n[Prompt|Request]: <<q>>\n\nA:\n<<x>>\n\nB:\n<<y>>",
    "RUBRIC\n5 = [flawless|exceptional]; 4 = [minor slips|good]; 3 = [acceptable|mixed]; 2 = [weak|misses the point]; 1 = [unusable|wrong].\n[Apply|Use] the rubric to the [completion|candidate]. [Output|Return] {\"score\": int, \"critique\": str}.\n[Query|User]: <<q>>\n[Completion|Candidate]: <<x>>",
    "[Which of|Of] these [answers|completions] would [a domain expert|a careful reviewer] [prefer|choose], [and by how much (1 slight - 3 strong)|and why, in one line]?\n[Task|Input] > <<q>>\n(1) <<x>>\n(2) <<y>>\n[Verdict|Choice] >",
    "[As a reward model|Acting as a preference annotator], [assign|give] [one|a single] [real number|integer] between -5 and 5 [to the reply|to what the assistant said]. [Penalise|Mark down] [hedging|padding|errors]. [Number only.|]\nUSER: <<q>>\nASSISTANT: <<x>>",
)  # fmt: skip

#: New tasks are wanted.
GENERATE = (
    "[Invent|Think up|Devise] <<n>> [new|original] [instructions|tasks|assignments] [that|which] [a language model|an assistant] could be given. [They must|Each should] [differ in verb, subject and format|be unlike the others], [be answerable without images|need no outside tools] and [range from easy to very hard|come with an input where one is needed].\n[Examples|For orientation]:\n<<seeds>>\n[Now yours|Continue]:",
    "[Below is|Here is] a [list|pool] of [tasks|problems]. [Extend it|Add <<n>> more] [in the same format|keeping the numbering], [never reusing|avoiding] [a theme|an opening word].\n<<seeds>>",
    "[Domain|Field]: <<t>>. [Produce|Write] <<n>> [exam-style|realistic|challenging] [questions|problems] [on|about] it[ at graduate level|, each with a full solution|, in JSON with keys question, answer, difficulty]. [Seed|Style] [examples|samples]:\n<<seeds>>",
)  # fmt: skip
EVOLVE = (
    "[Rewrite|Transform] the [given|following] [prompt|instruction] into a [harder|more demanding|more complex] [version|one] [by|through] [adding one more constraint|replacing general notions with specific ones|requiring several reasoning steps|deepening the enquiry]. [Keep it|It must stay] [reasonable|answerable] and [add at most|grow by no more than] [10 to 20|15] words.\n[Given|Original]: <<x>>\n[Rewritten|New]:",
    "[Take|Consider] this [task|instruction]: \"<<x>>\". [Create|Draw up] a [brand-new|sibling] [task|one] [in the same domain|from the same field] that is [rarer|more long-tailed] [but of similar length|yet as difficult]. [Return the task only.|]",
    "[Difficulty|Level] [up|+1]: <<x>> ==>",
)  # fmt: skip
PERSONA = (
    "[Create|Write] a [math|logic|planning|writing] [problem|task] [related to|that would naturally come from] the [following|given] [persona|person]:\n<<p>>\n[Note|Rules]: 1. [simple and solvable|challenging but fair]. 2. [Do not include a solution.|Only the task.] 3. [Start with|Begin your output by] \"[Problem|Task]:\"",
    "[Speak|Answer|Write] [as|in the voice of] <<p>>. [Topic|They are asked]: <<x>> [Stay in role throughout.|Give 200 words or more.|]",
    "[Guess|Predict] [a prompt|a request] that [this person|someone like this] [might|would] [send|put to] an assistant, and [answer it fully|then write the perfect reply]. [Person|Profile]: <<p>>",
)  # fmt: skip
CODE = (
    "[Draw|Take] [inspiration|ideas] from the [code|snippet] below [to create|and write] [a high-quality|a self-contained] [programming problem|coding exercise] and its [correct|tested] solution. [Two|Use two] sections: \"[Problem|Exercise]\" and \"[Solution|Reference]\".\n```\n<<code>>\n```",
    "[Explain|Document], then [port|translate] to [Rust|TypeScript|Kotlin|C++], then [write property tests for|benchmark] the [function|fragment]:\n<<code>>\n[Deliver all three parts.|]",
    "[Find|Plant|Insert] [a subtle bug|two defects] [in|into] this [snippet|file], [describe the failing case|show the diff], [then repair it|and give the corrected version with reasoning].\n\n<<code>>",
    "[Task|Assignment]: <<x>>\n[Language|Stack]: [Python 3|Go|Java 21]. [Return|Provide] [the implementation|complete code], [complexity analysis|a discussion of trade-offs] and [three unit tests|doctests].",
)  # fmt: skip
TOOLS = (
    "[Tools|Functions] [available|at your disposal]:\n<<tools>>\n\n[Reply|Act] [strictly|only] in the form\nThought: ...\nAction: name\nArguments: {...}\n[until|or] Final: ...\n\n[Goal|Task]: <<x>>",
    "<[apis|tool_docs]>\n<<tools>>\n</[apis|tool_docs]>\n[Plan|Lay out] [the calls|a sequence of calls] [needed|required] to [satisfy|fulfil] the [request|user]; [emit|write] one JSON call [per turn|at a time] and [wait for|expect] the observation.\n[Request|User]: <<x>>",
)  # fmt: skip
CLEAN = (
    "[Clean up|Normalise|Edit] the [raw|captured] [reasoning|trace|transcript] below: [remove|drop] [false starts|repetition], [keep|preserve] [every|each] [valid|logical] step, [mark|tag] them <s1>, <s2>, ... [Return|Output] the [cleaned|edited] text only.\n\n<<y>>",
    "[The log|This record] was [cut|produced automatically]. [Segment it into|Split it into] [claim, evidence, conclusion|step, check, decision] [triples|blocks] as JSON lines.\n<<y>>",
)  # fmt: skip

#: The same wish in other languages.
TONGUES: dict[str, tuple[str, ...]] = {
    "zh": ("请以[资深专家|该领域权威]的身份[完整|详尽]回答下面的问题，[写出全部推理过程|逐步说明依据]，[最后给出结论|结尾用「结论：」]。\n问题：<<x>>", "[任务|指令]：<<x>>\n[要求|标准]：[准确|严谨]、[完整|有条理]，[不少于三百字|不要客套话]。"),
    "es": ("Eres [un experto|una autoridad] en la materia. [Resuelve|Responde] [con todo detalle|paso a paso] y [justifica cada afirmación|muestra el razonamiento].\n[Pregunta|Tarea]: <<x>>", "<<x>>\n\n[Redacta|Escribe] la respuesta [modelo|ideal] en español, [sin omitir pasos|con ejemplos]."),
    "de": ("[Beantworte|Löse] die [folgende|untenstehende] Aufgabe [auf Expertenniveau|vollständig] und [lege jeden Zwischenschritt offen|begründe jeden Schritt].\nAufgabe: <<x>>", "<<x>>\n\n[Gib|Schreibe] eine [mustergültige|ausführliche] Antwort auf Deutsch, [gegliedert in Ansatz, Durchführung, Ergebnis|ohne Floskeln]."),
    "ja": ("あなたは[経験豊富な専門家|その分野の第一人者]です。次の[問題|質問]に[段階的に|根拠を示しながら]答え、[最後に結論を書いて|思考の過程をすべて書いて]ください。\n<<x>>", "[課題|入力]：<<x>>\n[出力|回答]は日本語で、[見出しを付けて|省略せずに]書くこと。"),
    "ru": ("[Ответь|Реши] как [эксперт|опытный специалист], [покажи весь ход рассуждений|обоснуй каждый шаг], [затем дай итог|в конце напиши «Итог:»].\n[Вопрос|Задача]: <<x>>", "<<x>>\n\n[Напиши|Составь] [образцовый|полный] ответ на русском, [не сокращая|с примерами]."),
    "pt": ("[Responda|Resolva] como [especialista|professor titular], [mostrando cada etapa|com o raciocínio completo].\n[Tarefa|Questão]: <<x>>", "<<x>>\n\n[Escreva|Produza] a resposta [ideal|de referência] em português, [estruturada|sem rodeios]."),
    "fr": ("[Réponds|Traite] [en expert|avec rigueur] à la [question|consigne] suivante, [en détaillant tout le raisonnement|étape par étape].\n<<x>>", "[Consigne|Énoncé] : <<x>>\n[Rédige|Donne] la réponse [modèle|complète] en français."),
    "ko": ("당신은 [해당 분야 전문가|숙련된 강사]입니다. 다음 [질문|과제]에 [단계별로|근거와 함께] 답하고 [마지막에 결론을 쓰세요|모든 추론을 보여 주세요].\n<<x>>", "<<x>>\n\n[모범 답안|완전한 답]을 한국어로 [작성하라|쓰시오]."),
}  # fmt: skip


def operator_text(patterns: tuple[str, ...], rng: random.Random) -> str:
    """One operator's wording of one idea."""
    return spin(patterns[int(rng.random() * len(patterns))], rng)


def operator_texts(patterns: tuple[str, ...], rng: random.Random, number: int) -> list[str]:
    """Many wordings, as somebody who fears matching would have a model write them; some with a varied frame around."""
    frames = (
        "<<w>>",
        "<<w>>",
        "[Hello|Hi][,|!] <<w>>",
        "<<w>>\n[Thanks|Thank you]",
        "[Project|Ticket|Ref] [A|B|C|K|M][12|47|80|93]: <<w>>",
        "[Please|Kindly] [help|assist]. <<w>>",
    )
    return [
        spin(frames[int(rng.random() * len(frames))], rng).replace("<<w>>", operator_text(patterns, rng))
        for _ in range(number)
    ]
