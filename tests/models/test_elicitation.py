from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.elicitation import elicitation, elicitation_one
from models.features import Flag
from models.lexicon import FORMAT, REASONING
from models.segment import segment
from models.text import normalise
from models.words import words_of
from tests.models.prompts import compiles, prompt_texts

NONE, REASONS, FORMATS = Flag(0), Flag.ELICITS_REASONING, Flag.ASKS_FOR_FORMAT
ENTRIES = [
    (phrase, flag)
    for lexicon, flag in ((REASONING, REASONS), (FORMAT, FORMATS))
    for entries in lexicon.values()
    for phrase in entries
]


def _flags(text: str) -> Flag:
    return elicitation_one(words_of(normalise(text)))


@compiles
@given(st.lists(prompt_texts, max_size=6))
def test_kernel_agrees_with_the_readable_form(texts: list[str]) -> None:
    """The flags of a batch equal those of each text by itself."""
    expected = [elicitation_one(words_of(normalise(text))) for text in texts]
    assert expected == elicitation(segment(texts, key=0)).tolist()


@pytest.mark.parametrize(("phrase", "flag"), ENTRIES)
def test_every_phrase_is_found_inside_a_prompt(phrase: str, flag: Flag) -> None:
    """Each entry raises its flag with a capital, between other words, in the batch form too."""
    text = f"x. {phrase.capitalize()}! y"
    assert flag in _flags(text)
    assert flag in Flag(int(elicitation(segment([text], key=0))[0]))


@pytest.mark.parametrize(
    ("text", "flags"),
    [
        ("Let's think step by step.", REASONS),
        ("Rate both answers on a scale of 1 to 10 and return only the score.", FORMATS),
        ("My JSON file is broken, the next step is to delete it?", NONE),
        ("The chain broke and I thought of you.", NONE),
        ("请一步一步地写出推理过程", REASONS),
        ("请判断下面的评论，只输出好评或差评。", FORMATS),
        ("今天天气怎么样？我想去公园散步。", NONE),
        ("ステップバイステップで考えて、JSON形式で答えて", REASONS | FORMATS),
        ("東京の天気を教えてください", NONE),
        ("단계별로 설명해 주세요", REASONS),
        ("다음 형식으로 답하세요", FORMATS),
        ("오늘 저녁 메뉴 추천해 줘", NONE),
        ("Resuelve paso a paso y responde solo con la letra", REASONS | FORMATS),
        ("¿Qué paso con el formato del examen?", NONE),
        ("Explique étape par étape, au format JSON", REASONS | FORMATS),
        ("Quelle est la prochaine étape du Tour ?", NONE),
        ("Denke Schritt für Schritt und antworte nur mit JA", REASONS | FORMATS),
        ("Der erste Schritt war für mich schwer", NONE),
        ("Explique passo a passo em JSON", REASONS | FORMATS),
        ("Qual foi o passo mais difícil?", NONE),
        ("Spiega passo dopo passo, rispondi solo con sì", REASONS | FORMATS),
        ("Facciamo due passi insieme", NONE),
        ("Объясни шаг за шагом, в JSON", REASONS | FORMATS),
        ("Первый шаг самый трудный", NONE),
        ("Adım adım açıkla, JSON formatında", REASONS | FORMATS),
        ("İlk adım nedir?", NONE),
        ("اشرح خطوة بخطوة بتنسيق JSON", REASONS | FORMATS),
        ("ما هي الخطوة التالية؟", NONE),
        ("चरण दर चरण समझाओ, json में", REASONS | FORMATS),
        ("पहला चरण क्या है?", NONE),
        ("Giải từng bước, dưới dạng JSON", REASONS | FORMATS),
        ("Bước tiếp theo là gì?", NONE),
    ],
)
def test_examples(text: str, flags: Flag) -> None:
    """Positive and negative examples of each language."""
    assert flags == _flags(text)


def test_every_entry_says_what_it_means() -> None:
    """No phrase stands without its meaning in English, and both lexicons cover the same languages."""
    assert REASONING.keys() == FORMAT.keys()
    assert all(
        meaning for lexicon in (REASONING, FORMAT) for entries in lexicon.values() for meaning in entries.values()
    )
