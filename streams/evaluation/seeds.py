"""Several seeds of one scenario, each judged in a process of its own, joined into one evaluation."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from multiprocessing import get_context
from pathlib import Path

import msgspec

from streams import corpora
from streams.corpora import BUNDLED
from streams.evaluation.baselines.calibration import FITS, CalibratedBaseline
from streams.evaluation.evaluation import Evaluation, SeedOutcome, join
from streams.evaluation.seed import CALIBRATION_SEED, SeedTask, calibrate_part, run_seed
from streams.evaluation.sources import bundled_roles, divide
from streams.settings import Settings
from streams.simulation import Scenario

#: One process a seed is all the parallelism there is: threads inside would only fight over the same cores.
_SINGLE_THREADED = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What is evaluated: ``seeds`` of a scenario, ``jobs`` at a time."""

    scenario: Scenario
    seeds: tuple[int, ...]
    jobs: int = 3
    folder: Path = BUNDLED
    baselines: bool = True
    split_by_source: bool = False
    """Whether anything fitted sees one half of corpora and wrapper families, and the seeds judged the other."""


def evaluate_seeds(plan: Plan, settings: Settings, said: Callable[[str], object] = lambda _: None) -> Evaluation:
    """Fit the baselines on an attack-free run, then simulate and judge every seed; ``said`` hears of each step done.

    Results do not depend on ``jobs``, run times apart. Raises ``ValueError`` for a seed that the calibration uses.
    """
    if CALIBRATION_SEED in plan.seeds:
        raise ValueError(f"seed {CALIBRATION_SEED}: the baselines are fitted on it; judge others")
    begun_s = time.perf_counter()
    fitted, judged = _tasks(plan)
    for name in _SINGLE_THREADED:
        os.environ.setdefault(name, "1")
    with _executor(plan.jobs) as pool:
        baselines = _calibrated(pool, plan, fitted, said) if plan.baselines else []
        running = {pool.submit(run_seed, task, settings, baselines): task.seed for task in judged}
        found: dict[int, SeedOutcome] = {}
        for done in as_completed(running):
            outcome = done.result()
            found[running[done]] = outcome
            said(f"seed {outcome.seed}: {outcome.events:,} events judged in {outcome.elapsed_s:.0f} s")
    return join(
        plan.scenario.name,
        [found[seed] for seed in plan.seeds],
        time.perf_counter() - begun_s,
        fitted_on=_described(fitted) if plan.baselines else "",
        judged_on=_described(judged[0]),
    )


def _executor(jobs: int) -> Executor:
    """Processes, started afresh; one job at a time stays in this one, which spares it the start."""
    return ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) if jobs > 1 else ThreadPoolExecutor(1)


def _tasks(plan: Plan) -> tuple[SeedTask, list[SeedTask]]:
    """What anything fitted sees, and what is judged."""
    if not plan.split_by_source:
        fitted = SeedTask(scenario=plan.scenario, seed=CALIBRATION_SEED, folder=plan.folder)
        return fitted, [msgspec.structs.replace(fitted, seed=seed) for seed in plan.seeds]
    halves = divide(corpora.load_all(plan.folder), bundled_roles())
    first, second = (msgspec.structs.replace(plan.scenario, wrappers=half) for half in ("a", "b"))
    fitted = SeedTask(scenario=first, seed=CALIBRATION_SEED, folder=plan.folder, corpora=halves.a)
    judged = SeedTask(scenario=second, seed=0, folder=plan.folder, corpora=halves.b)
    return fitted, [msgspec.structs.replace(judged, seed=seed) for seed in plan.seeds]


def _calibrated(pool: Executor, plan: Plan, task: SeedTask, said: Callable[[str], object]) -> list[CalibratedBaseline]:
    """Fit the baselines, an equal part in each process; every process simulates the week for itself."""
    begun_s = time.perf_counter()
    parts = [slice(number, None, plan.jobs) for number in range(min(plan.jobs, len(FITS)))]
    found = [pool.submit(calibrate_part, task, part) for part in parts]
    baselines: list[CalibratedBaseline | None] = [None] * len(FITS)
    for part, future in zip(parts, found, strict=True):
        baselines[part] = future.result()
    said(f"baselines fitted and calibrated on attack-free traffic in {time.perf_counter() - begun_s:.0f} s")
    return [baseline for baseline in baselines if baseline is not None]


def _described(task: SeedTask) -> str:
    if not task.corpora:
        return "all prompt sources and wrapper families"
    return f"wrapper families {task.scenario.wrappers}; {', '.join(task.corpora)}"
