"""The scan and the readable way must agree on every record, good, bad or odd."""

from __future__ import annotations

import json

import msgspec
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from models.decode import decode
from models.detection import DetectionSettings
from models.fields import field_seeds
from models.read import Reader
from models.record import ByteColumn, Records
from models.scan.columns import Scanner
from streams.simulation.presets import preset
from streams.simulation.simulation import simulate
from tests.bad_input import BAD_INPUTS, KEY, good_value
from tests.integration.events import encoded
from tests.models.test_featurise import make_featuriser
from tests.strategies import APPEND_TIME_MS, event_records, records_of

SETTINGS = DetectionSettings()
FEATURISER = make_featuriser()
Pairs = list[tuple[bytes | None, bytes | None]]


def agree(records: Records, latest_event_time_ms: int | None = None) -> None:
    """Assert that a reader finds what decoding one by one and featurising the events finds."""
    run = Reader(SETTINGS, FEATURISER, latest_event_time_ms).read(records)
    decoded = decode(records, SETTINGS, latest_event_time_ms)
    assert [event.account_id for event in decoded.events] == run.account_ids
    assert decoded.positions == run.positions.tolist()
    assert decoded.dead_letters == run.dead_letters
    assert (FEATURISER.featurise(decoded.events) == run.features).all()

    again = Reader(SETTINGS, FEATURISER, latest_event_time_ms).read(in_a_buffer(records))
    assert run.dead_letters == again.dead_letters
    assert (run.account_ids, run.positions.tolist()) == (again.account_ids, again.positions.tolist())
    assert (run.features == again.features).all()


def in_a_buffer(records: Records) -> Records:
    """The same records as a fetch gives them: keys and values in one buffer, something between them."""
    buffer = b"["
    places = np.full((2, 2, len(records)), -1)
    for index, pair in enumerate(zip(records.keys, records.values, strict=True)):
        for column, part in enumerate(pair):
            if part is not None:
                places[column, :, index] = len(buffer), len(buffer) + len(part)
                buffer += part
            buffer += b"#"
    keys, values = (ByteColumn(buffer, *column) for column in places)
    return msgspec.structs.replace(records, keys=keys, values=values)


def taken(values: list[bytes], key: bytes = KEY) -> list[bool]:
    """Which of some values the scan takes."""
    scanner = Scanner(field_seeds(1), 32 << 10)
    found: list[bool] = scanner.scan(records_of([(key, value) for value in values])).taken.tolist()
    return found


_RECORD = event_records() | st.sampled_from(BAD_INPUTS).map(lambda bad: (bad.key, bad.value))


@settings(max_examples=100, deadline=None)
@given(
    pairs=st.lists(_RECORD, max_size=6),
    append_time_ms=st.sampled_from([-1, APPEND_TIME_MS, APPEND_TIME_MS - 10**10]),
    latest_event_time_ms=st.none() | st.just(APPEND_TIME_MS),
)
def test_a_run_is_read_as_its_records_one_by_one(
    pairs: Pairs, append_time_ms: int, latest_event_time_ms: int | None
) -> None:
    """Events, account ids, positions, dead letters and features are the same both ways."""
    agree(records_of(pairs, append_time_ms), latest_event_time_ms)


_PIECES = [rb"\ud83d\ude00", rb"\ud83d", rb"\u00e9", rb"\n", rb"\q", b"\xc3\xa9", b"\xed\xa0\x80", b"\xe4\xbd\xa0"]
_PIECES += [b"e3", b".5", b"0", b"-", b'"', b"\\", b",", b"{", b"}", b" ", b"null", b"true", b"\0", b"\x7f", b"\n"]


@st.composite
def mutated_events(draw: st.DrawFn) -> bytes:
    """A plain event with something cut out or put in, once or twice."""
    value = _plain(draw(st.sampled_from(sorted(_ODD)))) if draw(st.booleans()) else _plain("plain")
    for _ in range(draw(st.integers(1, 2))):
        start = draw(st.integers(0, len(value)))
        stop = start + draw(st.integers(0, 3))
        value = value[:start] + draw(st.sampled_from(_PIECES) | st.binary(max_size=2)) + value[stop:]
    return value


@settings(max_examples=600, deadline=None)
@given(values=st.lists(mutated_events(), min_size=1, max_size=4))
def test_mutated_events_are_read_alike(values: list[bytes]) -> None:
    """Whatever is done to the bytes of an event, the scan takes it for what msgspec takes it for, or leaves it."""
    agree(records_of([(KEY, value) for value in values]))


#: What an event may hold that is odd, by name: replaces or adds to the fields of a plain one.
_ODD: dict[str, dict[str, object]] = {
    "plain": {},
    "spaces": {"prompt_text": "  two  words  "},
    "escapes": {"prompt_text": 'line\n"quoted"\ttab \\ / \u0001'},
    "accents": {"prompt_text": "café naïve Straße"},
    "han": {"prompt_text": "今天天气很好，我们去公园"},
    "emoji": {"prompt_text": "fine 😀 then"},
    "combining": {"prompt_text": "e\u0301a\u0300 ﬁ Ⅳ"},
    "decimals": {"temperature": 0.75, "top_p": 1.0, "duration_ms": 1234.5, "ttft_ms": 0},
    "limits": {"max_tokens": -1, "seed": -5, "asn": 2**32 - 1, "turn_count": 2**31 - 1, "logprobs": 5},
    "words": {"stream": True, "logprobs": False, "refused": True, "finish_reasons": ["stop", "length"]},
    "identities": {"payment_hash": "p" * 22, "ip_hash": "a" * 64, "root_hash": "r" * 128, "end_user_hash": "u"},
    "empties": {"payment_hash": "", "ip_prefix_hash": "", "ip_hash": "x", "prompt_text": "", "finish_reasons": []},
    "time": {"event_time": "2026-02-28T23:59:59.123456Z", "account_created_at": "2024-02-29T00:00:00+00:00"},
    "tools": {"tool_count": 2, "tool_call_count": 0, "turn_count": 2, "organization_id": "org-1"},
    "absent": {"prompt_text": None, "payment_hash": None, "ext": None, "prompt_embedding": None},
}


def _plain(odd: str) -> bytes:
    event = json.loads(good_value()) | {"prompt_text": "Think step by step."} | _ODD[odd]
    return json.dumps(event, ensure_ascii=False).encode()


@pytest.mark.parametrize("odd", sorted(_ODD))
def test_plain_events_are_taken_by_the_scan_and_read_alike(odd: str) -> None:
    """What producers usually send costs no object an event, escaped or not, spaced or not."""
    event = json.loads(_plain(odd))
    forms = [
        json.dumps(event, ensure_ascii=ascii_only, separators=apart)
        for ascii_only in (True, False)
        for apart in ((",", ":"), (" , ", " : "))
    ]
    values = [form.encode() for form in forms] + [b" " + forms[0].encode() + b"\n"]
    assert taken(values) == [True] * len(values)
    agree(records_of([(KEY, value) for value in values]))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("event_time", '"2026-02-29T00:00:00Z"'),
        ("event_time", '"2026-01-01T24:00:00Z"'),
        ("event_time", '"2026-01-01T00:00:60Z"'),
        ("event_time", '"2026-01-01T00:00:00.1234567Z"'),
        ("event_time", '"2026-01-01T01:00:00+01:00"'),
        ("event_time", '"2026-01-01"'),
        ("event_time", "1.5"),
        ("input_tokens", "12.0"),
        ("input_tokens", "1e3"),
        ("input_tokens", "-0"),
        ("input_tokens", "007"),
        ("input_tokens", "1099511627777"),
        ("top_p", "1.0000001"),
        ("top_p", "1e-3"),
        ("conversation_id", f'"{"c" * 129}"'),
        ("payment_hash", f'"{"p" * 129}"'),
        ("payment_hash", '"é"'),
        ("payment_hash", '"\\u0041"'),
        ("prompt_text", '"\\ud83d"'),
        ("prompt_text", '"tab\tinside"'),
        ("ext", "{}"),
        ("unknown", "1"),
    ],
)
def test_the_unusual_is_left_to_the_readable_way(field: str, value: str) -> None:
    """The scan takes none of these, and what becomes of them is the same."""
    plain = _plain("plain")[:-1].decode()
    odd = f'{plain}, "{field}": {value}}}'.encode()
    assert taken([odd]) == [False]
    agree(records_of([(KEY, odd), (KEY, _plain("plain")), (KEY, odd)]))


def test_the_last_of_a_repeated_field_counts() -> None:
    """A second value stands, a null after a value stands for absence, and a longer text for a shorter one."""
    plain = _plain("plain")[:-1]
    values = [plain + more for more in (b', "prompt_text": "And now for more than before"}', b', "prompt_text": null}')]
    values.append(plain + b', "input_tokens": 77, "payment_hash": "p", "payment_hash": null}')
    assert all(taken(values))
    agree(records_of([(KEY, value) for value in values]))


def test_an_account_id_with_a_delete_character_is_refused() -> None:
    """It is the one control character that a JSON string can hold without an escape."""
    value = _plain("plain").replace(KEY, KEY + b"\x7f")
    assert taken([value], KEY + b"\x7f") == [False]
    agree(records_of([(KEY + b"\x7f", value)]))


@pytest.mark.parametrize("cut", range(0, 400, 7))
def test_a_record_is_never_read_beyond_its_end(cut: int) -> None:
    """What a cut value lacks is not taken from its neighbour, even where the neighbour would complete it."""
    value = _plain("identities")
    cut = min(cut, len(value))
    agree(records_of([(KEY, value[:cut]), (KEY, value[cut:]), (KEY, value)]))


@example(size=31)
@example(size=33)
@settings(max_examples=30, deadline=None)
@given(size=st.integers(1, 80))
def test_text_beyond_the_limit_is_ignored_alike(size: int) -> None:
    """Of a long prompt both ways keep the same beginning, whether its characters are of one byte or of more."""
    featuriser = make_featuriser()
    featuriser._max_prompt_bytes = 32
    featuriser._scanner = Scanner(featuriser._seeds, 32)
    for letters in ("ab ", "é ", "你", "e\u0301 "):
        event = json.loads(_plain("plain")) | {"prompt_text": (letters * size)[:size]}
        records = records_of([(KEY, json.dumps(event, ensure_ascii=False).encode())])
        events = decode(records, SETTINGS).events
        assert (featuriser.featurise(events) == Reader(SETTINGS, featuriser).read(records).features).all()


def test_the_simulators_events_are_all_taken() -> None:
    """The demo, the tests and the benchmark run on the scan."""
    events = encoded(simulate(preset("demo"), seed=3).events(), limit=2_000)
    scanner = Scanner(field_seeds(1), 32 << 10)
    plain = [value for _, value in events if b'"prompt_embedding"' not in value and b'"ext"' not in value]
    found = scanner.scan(records_of([pair for pair in events if pair[1] in set(plain)])).taken
    assert len(plain) > 1_500
    assert np.mean(found) == 1.0
