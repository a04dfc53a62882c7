"""Compiles the kernels and learns common words before a worker joins its group: afterwards nothing holds it up."""

from __future__ import annotations

import click
import msgspec
from aiokafka.record.default_records import DefaultRecordBatchBuilder

from models.anchor import Anchor
from models.detection import DetectionSettings
from models.pipeline import Pipeline
from models.record import Records
from models.trace import Link
from streams import corpora
from streams.compilation import dearest_compiled
from streams.kernels import are_compiled, note_compiled
from streams.record_batches import FetchedRecords
from streams.references import References, load_references
from streams.settings import load_settings

_TEXTS_AT_ONCE = 1_000
#: One text with spaces and one without, since they take different kernels.
_TEXTS = ("Explain in three steps how a kettle boils water, and why.", "请用三个步骤解释水壶如何把水烧开。")


def warm_up(settings: DetectionSettings, references: References) -> None:
    """Run made-up events through stages that are thrown away.

    The words of the bundled prompts go into the cache of word vectors, so that the first hour after a restart costs
    hardly more than those after it. Costs a minute of processor time after the models changed, when Numba compiles,
    and two or three seconds otherwise.
    """
    with dearest_compiled():
        for prompts in corpora.load_all().values():
            for first in range(0, len(prompts), _TEXTS_AT_ONCE):
                references.featuriser.remember([prompt.text for prompt in prompts[first : first + _TEXTS_AT_ONCE]])
        references.groups.judge(Anchor(Link.SHELL, settings.member_min_uses).statistics())
        FetchedRecords(_record_batch()).take(0, 1, 1)
    pipeline = Pipeline(settings, references.featuriser, references.groups, references.version)
    for offset in range(2):
        values: list[bytes | None] = [_event(offset, text) for text in _TEXTS]
        keys: list[bytes | None] = [b"warm-up"] * len(values)
        offsets = [offset * len(values) + index for index in range(len(values))]
        none: list[int | None] = [None] * len(values)
        pipeline.feed(Records("requests", 0, offsets, [-1] * len(values), keys, values, none), offsets[-1] + 1)
    pipeline.accounts[0].standing_of("warm-up")
    note_compiled()


def _event(number: int, text: str) -> bytes:
    return msgspec.json.encode(
        {
            "schema_version": 1,
            "event_id": f"{number}-{text[0]}",
            "event_time": 1_767_225_600_000 + number * 600_000,
            "account_id": "warm-up",
            "operation": "chat",
            "request_model": "none",
            "input_tokens": 1,
            "output_tokens": 1,
            "prompt_text": text,
        }
    )


def _record_batch() -> bytes:
    builder = DefaultRecordBatchBuilder(2, 0, 0, -1, -1, -1, 1 << 10)
    builder.append(0, 0, b"warm-up", b"", [])
    return bytes(builder.build())


if __name__ == "__main__" and not are_compiled():
    click.echo("Compiling the kernels (a minute of processor time, once)")
    warm_up((chosen := load_settings()).decides, load_references(chosen))
