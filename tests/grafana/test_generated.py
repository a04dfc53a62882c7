"""What is generated: committed as it would be written, of the types that Grafana has, complete for whoever reads it."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from grafana.catalogue import check_names, meanings
from grafana.generate import ROOT, generated
from tests.grafana.panels import DASHBOARDS, dashboard, panels, promql_targets

SCHEMA = Path(__file__).parent / "schema"


def test_generated_files_are_committed() -> None:
    """Each file is what `make grafana` would write, and the folder holds no other dashboard."""
    files = generated()
    assert [str(path) for path, text in files.items() if path.read_text() != text] == []
    assert {path for path in files if path.parent.name == "dashboards"} == set(DASHBOARDS)


def test_dashboards_have_grafanas_types(require_program: Callable[[str], str], tmp_path: Path) -> None:
    """`tsc` finds every dashboard to be a `Dashboard` of @grafana/schema, and one with a wrong field not to be one."""
    npm = require_program("npm")
    shutil.copytree(SCHEMA, tmp_path, dirs_exist_ok=True)
    subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=tmp_path, check=True, capture_output=True
    )
    good = {path.stem.replace("-", "_"): path.read_text() for path in DASHBOARDS}
    wrong = json.dumps(json.loads(next(iter(good.values()))) | {"schemaVersion": "42"})
    for name, text in {**good, "wrong": wrong}.items():
        source = f"import type {{ Checked }} from './checked';\nexport const it: Checked = {text};\n"
        (tmp_path / f"{name}.ts").write_text(source)
    checked = subprocess.run(
        [tmp_path / "node_modules" / ".bin" / "tsc", "-p", "."],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    faulty = set(re.findall(r"^(\w+)\.ts", checked.stdout, flags=re.MULTILINE))
    assert faulty == {"wrong"}, checked.stdout[:4_000]


def test_the_lock_names_no_registry() -> None:
    """The npm lock holds exact versions and hashes, and no host."""
    lock = json.loads((SCHEMA / "package-lock.json").read_text())
    listed = [entry for name, entry in lock["packages"].items() if name]
    assert listed
    assert all(entry["integrity"].startswith("sha512-") and "resolved" not in entry for entry in listed)


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_panels_explain_themselves(path: Path) -> None:
    """Each panel has a title of its own, a meaning in whole sentences, a unit where numbers are shown, and queries."""
    titles = [panel["title"] for panel in panels(path)]
    assert len(set(titles)) == len(titles)
    for panel in panels(path):
        assert re.search(r"[.?]$", panel["description"]), panel["title"]
        assert panel["targets"], panel["title"]
        if panel["type"] in ("timeseries", "stat", "bargauge"):
            assert panel["fieldConfig"]["defaults"]["unit"], panel["title"]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_panels_do_not_overlap(path: Path) -> None:
    """No two panels share a cell of the grid, and none reaches beyond its 24 columns."""
    taken: dict[tuple[int, int], str] = {}
    for panel in dashboard(path)["panels"]:
        place = panel["gridPos"]
        assert place["x"] + place["w"] <= 24, panel["title"]
        for x in range(place["x"], place["x"] + place["w"]):
            for y in range(place["y"], place["y"] + place["h"]):
                assert taken.setdefault((x, y), panel["title"]) == panel["title"]


@pytest.mark.parametrize("path", DASHBOARDS, ids=lambda path: path.stem)
def test_links_lead_to_dashboards_that_are_there(path: Path) -> None:
    """Every address below /d/ in a dashboard is that of a dashboard of ours, with a variable that it has."""
    known = {dashboard(other)["uid"]: dashboard(other) for other in DASHBOARDS}
    for uid, variable in re.findall(r"/d/(stillwatch-[\w-]+)\?var-(\w+)=", path.read_text()):
        names = {each["name"] for each in known[uid]["templating"]["list"]}
        assert variable in names


def test_alerts_lead_to_dashboards_that_are_there() -> None:
    """The paths that alerts carry in `links.dashboard` are those of the campaign's and the account's dashboard."""
    golden = ROOT / "tests" / "golden" / "campaign_day.jsonl"
    links = {json.loads(line)["links"]["dashboard"] for line in golden.read_text().splitlines()}
    for link in links:
        uid, variable = re.fullmatch(r"/d/([\w-]+)\?var-(\w+)=.+", link).groups()  # type: ignore[union-attr]
        (held,) = [dashboard(path) for path in DASHBOARDS if path.stem == uid]
        assert variable in {each["name"] for each in held["templating"]["list"]}


def test_every_metric_is_shown_somewhere() -> None:
    """Nothing is exported that no panel and no rule asks for: it would be paid for and seen by nobody."""
    asked = " ".join(target["expr"] for path in DASHBOARDS for target in promql_targets(path))
    asked += (ROOT / "deploy" / "prometheus" / "rules.yml").read_text()
    families = {re.sub(r"_(bucket|count|sum)$", "", name): name for name in meanings()}
    assert [family for family in families if family not in asked] == []


def test_a_misspelt_metric_is_refused() -> None:
    """A query for a metric that nothing exports cannot be built."""
    check_names("rate(stillwatch_events_total[5m])")
    with pytest.raises(ValueError, match="nothing exports stillwatch_event_total"):
        check_names("rate(stillwatch_event_total[5m])")


def test_ranges_follow_the_scrape_interval() -> None:
    """Graphs use $__rate_interval, never a range of their own; figures and rules, which have no interval, do not."""
    for path in DASHBOARDS:
        for target in promql_targets(path):
            ranges: list[Any] = re.findall(r"\[([^\]]+)\]", target["expr"])
            wanted = {"5m"} if target.get("instant") else {"$__rate_interval"}
            assert set(ranges) <= wanted, target["expr"]
