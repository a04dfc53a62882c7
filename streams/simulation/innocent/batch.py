"""Batch jobs: one fixed template over documents that never come twice, around the clock or in one long run."""

from __future__ import annotations

from typing import Final

import numpy as np

from streams.simulation import rhythm
from streams.simulation.randomness import log_normal, pick
from streams.simulation.request import Request, Usage, converse
from streams.simulation.templates import BATCH, SYSTEM
from streams.simulation.world import Place, World

_ENGLISH: Final = (
    "clinc150",
    "nq_open",
    "mathdial_tutor",
    "nl2bash",
    "gpteacher_toolformer",
    "mmlu_eval",
    "gsm8k_train",
)
_CHINESE: Final = ("huatuo_med", "gaokao_student", "iopo_trace")
_MAX_DOCUMENTS_PER_DAY: Final = 700


class Batch:
    """One job's account."""

    def __init__(self, world: World, rng: np.random.Generator, index: int, place: Place) -> None:
        self._texts = world.texts
        self._name = f"{world.seed}/batch/{index}"
        task, template = BATCH[index % len(BATCH)]
        chinese = "请" in template
        self._before, self._after = template.replace("{{", "{").replace("}}", "}").split("{text}")
        self._corpus = pick(rng, self._texts.available(*(_CHINESE if chinese else _ENGLISH)))
        self._rows = 1 if task == "label" else int(rng.integers(2, 5))
        self._first_document = index * _MAX_DOCUMENTS_PER_DAY * int(np.ceil(world.scenario.days))
        self._documents = min(float(_MAX_DOCUMENTS_PER_DAY), log_normal(rng, 330, 0.25))
        self._around_the_clock = bool(rng.random() < 0.45)
        self._begin_hour = (9 + 9 * float(rng.random()) - place.offset_hours) % 24
        self._gap_ms = log_normal(rng, 7_000, 0.4)
        self._output_median = {"label": 4.0, "summarise": 28.0}.get(task, 70.0)
        self.usage = Usage(
            model=pick(rng, ("sable-4-mini", "sable-4")),
            temperature=pick(rng, (0.0, 0.0, 0.2)),
            max_tokens=pick(rng, (64, 256, 512)),
            output_type="json" if "JSON" in template else "text",
            system=pick(rng, SYSTEM),
            client=pick(rng, ("python-sdk", "python-sdk", "curl")),
        )

    def day(self, rng: np.random.Generator, day: int, day_ms: int) -> list[Request]:
        """Return one day's share of the documents."""
        count = min(_MAX_DOCUMENTS_PER_DAY, int(rng.poisson(self._documents)))
        if self._around_the_clock:
            times_ms = rhythm.run(rng, day_ms, count, rhythm.DAY_MS / max(1, count), 0.3)
        else:
            times_ms = rhythm.run(rng, day_ms + int(self._begin_hour * rhythm.HOUR_MS), count, self._gap_ms, 0.5)
        outputs = rhythm.lengths(rng, count, self._output_median, 0.4, self.usage.max_tokens)
        found: list[Request] = []
        for order, (time_ms, output) in enumerate(zip(times_ms, outputs, strict=True)):
            position = self._first_document + day * _MAX_DOCUMENTS_PER_DAY + order
            text = f"{self._before}{self._texts.document(self._corpus, position, self._rows)}{self._after}"
            found += converse(f"{self._name}/{position}", [text], [time_ms], [output])
        return found
