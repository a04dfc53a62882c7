"""What one field says of each account: a matrix with one row an account, the fields' groups by name."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from tests.leakage.columns import CATEGORICAL, CONTENT, HASHED, NUMERIC, Column, Columns

Matrix = npt.NDArray[np.float64]
Vocabulary = dict[str, tuple[str, ...]]

#: Values of a field that get a column of their own: those that most accounts of the training seeds have.
_WORDS: Final = 24
_QUANTILES: Final = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
_HOUR_MS: Final = 3_600_000


def vocabulary(training: Sequence[Columns]) -> Vocabulary:
    """Return the values of each field that most accounts share in the training seeds; labels are not looked at."""
    found = {}
    for field in training[0].fields.keys() & {*CATEGORICAL, *HASHED}:
        accounts: dict[str, int] = {}
        for columns in training:
            column = columns.fields[field]
            _, codes, _ = _pairs(columns.account[column.rows], column.values)
            for code, count in enumerate(np.bincount(codes, minlength=len(column.words)).tolist()):
                accounts[column.words[code]] = accounts.get(column.words[code], 0) + count
        common = sorted((word for word, count in accounts.items() if count >= 5), key=lambda word: -accounts[word])
        found[field] = tuple(common[:_WORDS])
    return found


def groups(columns: Columns, words: Vocabulary) -> dict[str, Matrix]:
    """Return the features of each field, and those of ``event_time`` and of the volume; unknown values are NaN."""
    size = len(columns.harvesting)
    events = np.bincount(columns.account, minlength=size)
    found = {}
    for field, column in columns.fields.items():
        account = columns.account[column.rows]
        missing = 1 - np.bincount(account, minlength=size) / events
        parts = [missing[:, None]]
        if field in NUMERIC:
            parts += [_moments(account, column.values, size)]
        elif field not in CONTENT:
            parts += [_diversity(account, column.values, size), _shares(account, column, words[field], size)]
        if field in HASHED:
            parts += [_sharing(columns, column, size)]
        found[field] = np.concatenate(parts, axis=1)
    found["event_time"] = _time(columns, size)
    found["volume"] = _volume(columns, events)
    return found


def _moments(account: npt.NDArray[np.int64], values: Matrix, size: int) -> Matrix:
    """Return mean, deviation, quantiles and the share of zeros of each account's values."""
    count = np.bincount(account, minlength=size).astype(float)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(account, values, size) / count
        square = np.bincount(account, (values - mean[account]) ** 2, size) / count
        zeros = np.bincount(account, values == 0, size) / count
    return np.column_stack([mean, np.sqrt(square), zeros, _quantiles(account, values, size)])


def _quantiles(account: npt.NDArray[np.int64], values: Matrix, size: int) -> Matrix:
    order = np.lexsort((values, account))
    count = np.bincount(account, minlength=size)
    begin = np.cumsum(count) - count
    found = np.full((size, len(_QUANTILES)), np.nan)
    some = count > 0
    for place, share in enumerate(_QUANTILES):
        found[some, place] = values[order][(begin + np.round(share * (count - 1)).astype(np.int64))[some]]
    return found


def _pairs(account: npt.NDArray[np.int64], codes: Matrix) -> tuple[npt.NDArray[np.int64], ...]:
    """Return the distinct (account, code) pairs as two arrays, and how often each occurs."""
    width = int(codes.max(initial=0)) + 1
    pairs, counts = np.unique(account * width + codes.astype(np.int64), return_counts=True)
    return pairs // width, pairs % width, counts


def _diversity(account: npt.NDArray[np.int64], codes: Matrix, size: int) -> Matrix:
    """Return the number of distinct values, their entropy (nats) and the share of the most frequent.

    Where there are several values, also the share of events that repeat one; a lasting value's would be the volume.
    """
    owner, _, counts = _pairs(account, codes)
    total = np.bincount(account, minlength=size).astype(float)
    share = counts / total[owner]
    distinct = np.bincount(owner, minlength=size).astype(float)
    entropy = np.bincount(owner, -share * np.log(share), size)
    top = np.zeros(size)
    np.maximum.at(top, owner, share)
    repeated = np.where(distinct > 1, 1 - distinct / np.maximum(total, 1), np.nan)
    found = np.column_stack([distinct, repeated, entropy, top])
    found[total == 0] = np.nan
    return found


def _shares(account: npt.NDArray[np.int64], column: Column, words: tuple[str, ...], size: int) -> Matrix:
    """Return the share of each common value among the account's."""
    place_of = {word: place for place, word in enumerate(words)}
    places = np.array([place_of.get(word, -1) for word in column.words] or [-1])[column.values.astype(np.int64)]
    total = np.bincount(account, minlength=size).astype(float)
    found = np.zeros((size, len(words)))
    known = places >= 0
    np.add.at(found, (account[known], places[known]), 1)
    with np.errstate(invalid="ignore"):
        found /= total[:, None]
    return found


def _sharing(columns: Columns, column: Column, size: int) -> Matrix:
    """Return how many other accounts share the account's values (most, mean over events), and how old its values are.

    The age of a value is the time from its first use by anybody to the account's own first use, in hours.
    """
    account = columns.account[column.rows]
    if not len(account):
        return np.full((size, 4), np.nan)
    owner, code, counts = _pairs(account, column.values)
    accounts_of = np.bincount(code)
    others = (accounts_of[code] - 1).astype(float)
    most = np.full(size, np.nan)
    np.fmax.at(most, owner, others)
    total = np.bincount(account, minlength=size)
    codes = column.values.astype(np.int64)
    times = columns.time_ms[column.rows]
    first = np.full(len(accounts_of), np.iinfo(np.int64).max)
    np.minimum.at(first, codes, times)
    width = len(accounts_of)
    keys = account * width + codes
    distinct, index = np.unique(keys, return_inverse=True)
    own = np.full(len(distinct), np.iinfo(np.int64).max)
    np.minimum.at(own, index, times)
    age_hours = (own - first[distinct % width]) / _HOUR_MS
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.bincount(owner, others * counts, size) / total
        age = np.bincount(distinct // width, age_hours, size) / np.bincount(distinct // width, minlength=size)
        shared = np.bincount(owner, (others > 0) * counts, size) / total
    return np.column_stack([most, mean, shared, age])


def _time(columns: Columns, size: int) -> Matrix:
    """Return first and last hour, active hours, gaps between events, the hours of the day and the weekend's share."""
    order = np.lexsort((columns.time_ms, columns.account))
    account, hours = columns.account[order], (columns.time_ms[order] - columns.time_ms.min()) / _HOUR_MS
    count = np.bincount(account, minlength=size)
    begin = np.cumsum(count) - count
    same = account[1:] == account[:-1]
    gap_of, gaps = account[1:][same], np.log1p(np.diff(hours)[same] * 3600)
    owner, _, _ = _pairs(account, np.floor(hours))
    clock = np.zeros((size, 24))
    np.add.at(clock, (account, (columns.time_ms[order] // _HOUR_MS % 24)), 1)
    clock /= count[:, None]
    with np.errstate(divide="ignore", invalid="ignore"):
        entropy = -np.nansum(clock * np.log(clock), axis=1)
    # 1 January 1970 was a Thursday.
    weekend = np.bincount(account, (columns.time_ms[order] // (24 * _HOUR_MS) + 3) % 7 >= 5, size) / count
    first, last = hours[begin], hours[begin + count - 1]
    active = np.bincount(owner, minlength=size)
    lasting = active / (np.floor(last) - np.floor(first) + 1)
    return np.column_stack(
        [first, last, last - first, active, lasting, _moments(gap_of, gaps, size), clock, entropy, weekend]
    )


def _volume(columns: Columns, events: npt.NDArray[np.int64]) -> Matrix:
    """Return events, events per active day and hour, and tokens, per event too."""
    size = len(events)
    days, _, _ = _pairs(columns.account, np.floor(columns.time_ms / (24 * _HOUR_MS)))
    hours, _, _ = _pairs(columns.account, np.floor(columns.time_ms / _HOUR_MS))
    tokens = [
        np.bincount(columns.account[column.rows], column.values, size)
        for column in (columns.fields["input_tokens"], columns.fields["output_tokens"])
    ]
    per_day = events / np.bincount(days, minlength=size)
    per_hour = events / np.bincount(hours, minlength=size)
    return np.column_stack([events, per_day, per_hour, *tokens, tokens[0] / events, tokens[1] / events])
