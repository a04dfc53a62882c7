"""What single fields tell: a small classifier on each account's summary of a field, innocent against harvesting."""

from __future__ import annotations

import csv
import io
import sys
from collections import defaultdict
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import zstandard
from numpy.typing import NDArray
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold, cross_val_predict
from threadpoolctl import threadpool_limits

#: A field above this gives the class away and must be mended in the generator.
MOST = 0.8

_NUMBERS = (
    "input_tokens", "output_tokens", "temperature", "top_p", "max_tokens", "duration_ms", "ttft_ms", "turn_count",
    "reasoning_output_tokens", "cache_read_input_tokens", "tool_count", "tool_call_count", "asn", "status_code",
)  # fmt: skip
_WORDS = ("plan", "access_path", "country", "ip_type", "user_agent_family", "request_model", "output_type")
_HASHES = (
    "ip_hash", "ip_prefix_hash", "payment_hash", "device_hash", "email_domain_hash", "api_key_hash", "organization_id",
    "end_user_hash", "system_hash", "tls_ja4", "conversation_id", "reasoning_ref", "root_hash",
)  # fmt: skip


def check(folder: Path) -> int:
    """Print the AUC of each field; 1 when one is above ``MOST``."""
    aucs = field_aucs(folder)
    for name, auc in sorted(aucs.items(), key=lambda item: -item[1]):
        sys.stdout.write(f"{name:28} {auc:.3f}{'  ABOVE ' + str(MOST) if auc > MOST else ''}\n")
    return int(any(auc > MOST for auc in aucs.values()))


def field_aucs(folder: Path) -> dict[str, float]:
    """The AUC of each field, found on campaigns that its classifier has not seen (five folds)."""
    summaries, first_ms = _summaries(folder / "events.jsonl.zst")
    with (folder / "labels.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["account_id"] in first_ms]
    truth = np.array([float(row["attack_fraction"]) > 0 for row in rows])
    # Campaigns stay whole; innocent accounts are dealt out evenly.
    names = {name: i for i, name in enumerate(sorted({row["campaign"] for row in rows if row["campaign"]}))}
    fold = np.array([names[row["campaign"]] % 5 if row["campaign"] else i % 5 for i, row in enumerate(rows)])
    aucs = {}
    for name, columns in summaries.items():
        values = np.array([columns[row["account_id"]] for row in rows], dtype=np.float64)
        # Three thousand rows are too few for threads, which would only wait for each other.
        with threadpool_limits(1):
            aucs[name] = _auc(values, truth, fold)
    return aucs


def _auc(values: NDArray[np.float64], truth: NDArray[np.bool_], fold: NDArray[np.int64]) -> float:
    values = np.nan_to_num(values, nan=-1.0)
    values = values[:, np.ptp(values, axis=0) > 0]
    if not values.size:
        return 0.5
    model = HistGradientBoostingClassifier(max_iter=30, max_depth=4, min_samples_leaf=20, random_state=0)
    scores = cross_val_predict(model, values, truth, groups=fold, cv=GroupKFold(5), method="predict_proba")[:, 1]
    # Folds differ in their share of harvesters: ranks are compared within each.
    parts = [roc_auc_score(truth[fold == k], scores[fold == k]) for k in range(5) if 0 < truth[fold == k].mean() < 1]
    return float(np.mean(parts))


def _summaries(path: Path) -> tuple[dict[str, dict[str, list[float]]], dict[str, int]]:
    numbers: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in _NUMBERS}
    texts: dict[str, list[int]] = defaultdict(list)
    hours: dict[str, list[int]] = defaultdict(list)
    words: dict[str, dict[str, list[str]]] = {name: defaultdict(list) for name in (*_WORDS, *_HASHES)}
    owners: dict[str, dict[str, set[str]]] = {name: defaultdict(set) for name in _HASHES}
    born: dict[str, float] = {}
    flags: dict[str, list[float]] = defaultdict(list)
    decoder = msgspec.json.Decoder(dict[str, Any])
    with path.open("rb") as file:
        for line in io.BufferedReader(zstandard.ZstdDecompressor().stream_reader(file)):
            event = decoder.decode(line)
            who = event["account_id"]
            for name in _NUMBERS:
                if name in event:
                    numbers[name][who].append(event[name])
            for name in words:
                value = event.get(name)
                if value is not None:
                    words[name][who].append(value)
                    if name in owners:
                        owners[name][value].add(who)
            hours[who].append(event["event_time"])
            texts[who].append(len(event["prompt_text"]))
            born[who] = event["account_created_at"]
            flags[who].append(float(event["stream"]))
    accounts = list(hours)
    made: dict[str, dict[str, list[float]]] = {
        name: {who: _spread(column.get(who, [])) for who in accounts} for name, column in numbers.items()
    }
    for name in _WORDS:
        codes = {word: i for i, word in enumerate(sorted({word for list_ in words[name].values() for word in list_}))}
        made[name] = {who: _shares([codes[word] for word in words[name].get(who, [])], len(codes)) for who in accounts}
    for name in _HASHES:
        made[name] = {who: _hashes(words[name].get(who, []), owners[name], len(hours[who])) for who in accounts}
    made["account_created_at"] = {who: [hours[who][0] - born[who]] for who in accounts}
    made["stream"] = {who: [float(np.mean(flags[who]))] for who in accounts}
    made["prompt length"] = {who: _spread([float(n) for n in texts[who]]) for who in accounts}
    made["event_time: rate"] = {who: [len(hours[who])] for who in accounts}
    made["event_time: hours and days"] = {who: _clock(hours[who]) for who in accounts}
    made["event_time: gaps"] = {who: _spread(np.log1p(np.diff(hours[who])).tolist()) for who in accounts}
    return made, {who: times[0] for who, times in hours.items()}


def _spread(values: list[float]) -> list[float]:
    if not values:
        return [0.0] + [np.nan] * 6
    column = np.array(values, dtype=np.float64)
    return [
        1.0,
        float(column.mean()),
        float(column.std()),
        *np.quantile(column, [0.1, 0.5, 0.9]).tolist(),
        float(len(set(values))) / len(values),
    ]


def _shares(codes: list[int], size: int) -> list[float]:
    return (np.bincount(codes, minlength=size)[:64] / max(1, len(codes))).tolist() if size else [0.0]


def _hashes(values: list[str], owners: dict[str, set[str]], events: int) -> list[float]:
    if not values:
        return [0.0, np.nan, np.nan, np.nan]
    shared = [len(owners[value]) for value in set(values)]
    return [len(values) / events, len(shared), len(shared) / len(values), max(shared)]


def _clock(times: list[int]) -> list[float]:
    column = np.array(times)
    hour = np.bincount(column // 3_600_000 % 24, minlength=24) / len(column)
    day = np.bincount(column // 86_400_000 % 7, minlength=7) / len(column)
    return [*hour.tolist(), *day.tolist(), float((hour > 0).sum()), float(column[-1] - column[0])]
