from __future__ import annotations

import numpy as np
import pytest

from models.account_traces import SHELLS_TRACED, TRACES_PER_EVENT, is_milestone, is_sparse_milestone, sort_shells
from models.accounts import AccountSlab
from models.detection import DetectionSettings
from models.features import FEATURES, SHELLS_PER_EVENT
from models.trace import TRACE, Link, effective_ms
from tests.models.account_events import CONTENT, START_MS, Stream, hashes


def templated(seed: int, count: int, template: list[int], share: float) -> Stream:
    """One account whose events carry the template's shells with probability ``share``, fresh ones beside them."""
    rng = np.random.default_rng(seed)
    features = np.zeros(count, dtype=FEATURES)
    features["event_id"], features["content"] = hashes(rng, count), hashes(rng, count)
    features["flags"], features["cell"] = CONTENT, rng.integers(0, 256, count)
    features["output_tokens"] = 100_000
    features["shells"] = hashes(rng, count * SHELLS_PER_EVENT).reshape(count, SHELLS_PER_EVENT)
    used = rng.random(count) < share
    features["shells"][np.ix_(used, np.arange(len(template)))] = np.array(template, dtype=np.uint64)
    times = START_MS + np.arange(count, dtype=np.int64) * 60_000
    return Stream([f"account-{seed}"] * count, features, times, np.arange(count, dtype=np.int64))


def traces_of(stream: Stream) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """All traces of a stream in one batch."""
    return AccountSlab(DetectionSettings()).update(*stream).traces


def test_milestones_are_geometric() -> None:
    """A trace is due at 2, 3, 4, 6, 8, 12, 16, 24 … uses of a shell, at half of these else, never at the first."""
    assert [uses for uses in range(100) if is_milestone(uses)] == [2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64, 96]
    assert [uses for uses in range(100) if is_sparse_milestone(uses)] == [2, 4, 8, 16, 32, 64]


def test_shells_are_sorted_without_zeros_and_repeats() -> None:
    """The order is that of the hashes, whatever the columns hold."""
    shells = np.array([9, 0, 2**64 - 1, 3, 9, 0, 3, 1], dtype=np.uint64)
    ascending = np.zeros(8, dtype=np.uint64)
    count = sort_shells(shells, ascending)
    assert ascending[:count].tolist() == [1, 3, 9, 2**64 - 1]


@pytest.mark.parametrize(("share", "events"), [(1.0, 6), (0.3, 60), (0.1, 250)])
def test_two_accounts_of_one_template_leave_common_keys(share: float, events: int) -> None:
    """Of 20 accounts that mix one template into other traffic, nearly all leave one and the same key."""
    template = hashes(np.random.default_rng(99), 6).tolist()
    keys = [set(traces_of(templated(seed, events, template, share))["key"].tolist()) for seed in range(20)]
    most_common = max(sum(key in account for account in keys) for key in template)
    assert most_common >= 18
    assert set().union(*keys) <= set(template)


def test_a_template_does_not_multiply_traffic() -> None:
    """An event leaves at most four shell traces, and an account a number logarithmic in its uses."""
    template = hashes(np.random.default_rng(98), SHELLS_PER_EVENT).tolist()
    stream = templated(1, 1_000, template, 1.0)
    stream.features["payment"] = 5
    update = AccountSlab(DetectionSettings()).update(*stream)
    assert np.bincount(update.trace_events).max() <= TRACES_PER_EVENT
    assert set(update.traces["link"].tolist()) == {Link.SHELL, Link.PAYMENT}
    # The second event admits the template's other half, which reaches each milestone one event later.
    assert len(update.traces) <= (2 * SHELLS_TRACED + 1) * 2 * np.log2(1_000)


def test_a_trace_says_what_the_campaign_stage_reads() -> None:
    """Key, link, uses, content, time, offset and cell are the event's; counts stop at 65,535."""
    stream = templated(2, 3, [11], 1.0)
    stream.features["shells"][:, 1:] = 0
    traces = traces_of(stream)
    assert traces.dtype == TRACE
    assert traces[["key", "uses", "events", "offset", "output_tokens", "link"]].tolist() == [
        (11, 2, 2, 1, 65_535, Link.SHELL),
        (11, 3, 3, 2, 65_535, Link.SHELL),
    ]
    assert traces["content"].tolist() == (stream.features["content"][1:] & np.uint64(0xFFFF_FFFF)).tolist()
    assert effective_ms(traces).tolist() == stream.effective_ms[1:].tolist()
    assert traces["cell"].tolist() == stream.features["cell"][1:].tolist()
    assert traces["flags"].tolist() == [CONTENT, CONTENT]


def test_identities_are_cut_short_and_stay_known() -> None:
    """An organisation keeps 16 bits; a hash whose low bits are 0 is not taken for none."""
    stream = templated(2, 4, [11], 1.0)
    stream.features["organization"] = [1, 2**32, 0x1234_5678_9ABC_DEF5, 0]
    traces = traces_of(stream)
    shells = traces[traces["link"] == Link.SHELL]
    offsets = np.unique(shells["offset"])
    assert offsets.tolist() == [1, 2, 3]
    first = shells[np.searchsorted(shells["offset"], offsets)]
    assert first["organization"].tolist() == [1, 0xDEF5, 0]


def prompts(shells: list[list[int]], contents: list[int], **columns: int) -> Stream:
    """One account whose events carry these shells and no others."""
    stream = templated(5, len(shells), [], 0.0)
    stream.features["shells"] = [[*some, *[0] * (SHELLS_PER_EVENT - len(some))] for some in shells]
    stream.features["content"] = contents
    for name, value in columns.items():
        stream.features[name] = value
    return stream


def companions_of(stream: Stream) -> list[tuple[int, int, int, int]]:
    """(offset, key, known shells, companion) of each trace."""
    names = ("offset", "key", "known_shells", "companion")
    traces = traces_of(stream)
    return list(zip(*(traces[name].tolist() for name in names), strict=True))


def test_a_trace_tells_the_least_other_shell_that_its_account_knew() -> None:
    """The least shell is the companion of all others, of a payment and of an address; its own is the second."""
    template = [0x5_0007, 0x9_0001, 0xB_0009]
    stream = prompts([template[::-1]] * 2, [1, 2], payment=3, address=4)
    assert companions_of(stream) == [(1, template[0], 3, 1)] + [(1, key, 3, 7) for key in (*template[1:], 3, 4)]


def test_a_shell_that_was_not_known_is_no_companion() -> None:
    """Fresh words beside a phrase are neither counted nor named, however small their hashes."""
    stream = prompts([[100, fresh] for fresh in (1, 2, 3)], [1, 2, 3], payment=50)
    assert companions_of(stream) == [(1, 100, 1, 0), (1, 50, 1, 100), (2, 100, 1, 0)]


def test_a_shell_known_with_the_same_content_is_a_companion() -> None:
    """The event's repeat of a shell leaves no trace of it, and is known nevertheless."""
    stream = prompts([[5, 9], [5], [5, 9]], [1, 2, 2])
    assert companions_of(stream) == [(1, 5, 1, 0), (2, 9, 2, 5)]


def test_a_companion_whose_low_bits_are_zero_is_not_taken_for_none() -> None:
    """As of a payment, 16 bits are kept, and 0 means that there was none."""
    stream = prompts([[2**20, 2**40 + 2**21]] * 2, [1, 2])
    assert companions_of(stream) == [(1, 2**20, 2, 1), (1, 2**40 + 2**21, 2, 1)]


def test_accounts_of_one_template_have_one_companion_and_those_of_one_phrase_have_others() -> None:
    """What is shared is the whole template in one case and one shell among each account's own in the other."""
    rng = np.random.default_rng(97)
    template, phrase = sorted(hashes(rng, 6).tolist()), int(hashes(rng, 1)[0])
    of_template, of_phrase = set(), list[int]()
    for _ in range(20):
        contents = hashes(rng, 3).tolist()
        of_template |= {(key, companion) for _, key, _, companion in companions_of(prompts([template] * 3, contents))}
        own = [phrase, *hashes(rng, 4).tolist()]
        of_phrase += {mate for _, key, _, mate in companions_of(prompts([own] * 3, contents)) if key == phrase}
    expected = [(template[0], template[1]), *((key, template[0]) for key in template[1:SHELLS_TRACED])]
    assert of_template == {(key, mate & 0xFFFF) for key, mate in expected}
    assert len(of_phrase) == 20
    assert len(set(of_phrase)) >= 19


def test_a_repeated_prompt_leaves_no_trace() -> None:
    """A retry loop uses the same shells, payment and address with the same content: nothing to link."""
    stream = templated(3, 50, [11], 1.0)
    stream.features["shells"] = stream.features["shells"][0]
    stream.features["content"] = 77
    stream.features["payment"] = stream.features["address"] = 5
    assert len(traces_of(stream)) == 0


def test_without_content_every_request_counts_for_who_pays_and_from_where() -> None:
    """A gateway that sends no content still tells who pays together; shells come with text only."""
    stream = templated(4, 50, [11], 1.0)
    stream.features["flags"] = 0
    stream.features["content"] = 0
    stream.features["payment"] = stream.features["address"] = 5
    traces = traces_of(stream)
    assert set(traces["link"].tolist()) == {Link.PAYMENT, Link.ADDRESS}
    assert traces["uses"][traces["link"] == Link.PAYMENT].tolist() == [2, 4, 8, 16, 32]
