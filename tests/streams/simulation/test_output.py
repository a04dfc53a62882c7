import csv
import gzip
from pathlib import Path

import orjson
import pytest

from streams.corpora import Prompt
from streams.feedback_file import read_files
from streams.simulation import Attack, Scenario, read_recipe, simulate, write
from streams.simulation.output import FILES

_SCENARIO = Scenario(
    name="small",
    days=0.5,
    innocents={"chat": 2, "batch": 1},
    attacks=(Attack(name="one", kind="loud", requests_per_day=200),),
)


def test_the_written_scenario_reproduces_the_bytes(prompts: dict[str, list[Prompt]], tmp_path: Path) -> None:
    """Simulating what scenario.json says writes the same files, byte for byte."""
    write(simulate(_SCENARIO, 9, prompts), tmp_path / "a")
    recipe = read_recipe(tmp_path / "a" / "scenario.json")
    write(simulate(recipe.scenario, recipe.seed, prompts), tmp_path / "b")
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == sorted(FILES)
    for name in FILES:
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes(), name


def test_files_agree_with_one_another(prompts: dict[str, list[Prompt]], tmp_path: Path) -> None:
    """Event labels come in the events' order, and account labels add up to them."""
    count = write(simulate(_SCENARIO, 9, prompts), tmp_path)
    events = [orjson.loads(line) for line in gzip.decompress((tmp_path / FILES[0]).read_bytes()).splitlines()]
    marks = list(csv.DictReader(gzip.decompress((tmp_path / FILES[1]).read_bytes()).decode().splitlines()))
    labels = {row["account_id"]: row for row in csv.DictReader((tmp_path / FILES[2]).read_text().splitlines())}
    assert count == len(events)
    assert [event["event_id"] for event in events] == [mark["event_id"] for mark in marks]
    assert set(labels) == {event["account_id"] for event in events}
    for event, mark in zip(events, marks, strict=True):
        assert (mark["harvest"] == "1") == (labels[event["account_id"]]["kind"] == "loud")
    assert {row["campaign"] for row in labels.values()} == {"", "one"}


def test_bans_are_written_in_order(prompts: dict[str, list[Prompt]], tmp_path: Path) -> None:
    """Each line of enforcement.jsonl is a ban of a labelled account, by time, and no event of it comes later."""
    scenario = Scenario(
        name="banned", days=2, innocents={"chat": 30}, banned_share=1.0,
        attacks=(Attack(name="one", accounts=3, requests_per_day=50, ban_hour=30),),
    )  # fmt: skip
    write(simulate(scenario, 9, prompts), tmp_path)
    bans = [orjson.loads(line) for line in (tmp_path / "enforcement.jsonl").read_bytes().splitlines()]
    assert len(read_files([], [tmp_path / "enforcement.jsonl"])) == len(bans)
    labels = {row["account_id"]: row for row in csv.DictReader((tmp_path / "labels.csv").read_text().splitlines())}
    assert [ban["imposed_at"] for ban in bans] == sorted(ban["imposed_at"] for ban in bans)
    assert {ban["action"] for ban in bans} == {"banned"}
    reasons = {ban["account_ids"][0]: ban["reason"] for ban in bans}
    assert {labels[account_id]["campaign"] for account_id in reasons} == {"", "one"}
    assert all((reason == "coordinated_harvesting") == (labels[account_id]["campaign"] == "one")
               for account_id, reason in reasons.items())  # fmt: skip
    ends = {ban["account_ids"][0]: ban["imposed_at"] for ban in bans}
    for line in gzip.decompress((tmp_path / "events.jsonl.gz").read_bytes()).splitlines():
        event = orjson.loads(line)
        assert event["event_time"] < ends.get(event["account_id"], "3")


def test_a_broken_recipe_is_named(tmp_path: Path) -> None:
    """The error names the file and the field."""
    path = tmp_path / "scenario.json"
    path.write_text('{"scenario": {"name": "x", "days": -1}, "seed": 1, "corpora": {}}')
    with pytest.raises(ValueError, match=r"scenario\.json: .*days is -1"):
        read_recipe(path)
