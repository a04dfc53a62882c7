"""Every link to a runbook leads to a section that exists and says what to do."""

from __future__ import annotations

import re
from pathlib import Path

import msgspec
import pytest
import yaml

from grafana.generate import ROOT
from grafana.rules import RULES
from models.alert import decode
from models.detection import DetectionSettings
from models.open_alert import OpenAlert, Reporter
from streams.notify.trial import trial_notice
from streams.notify.wording import LinkBases

RUNBOOKS = ROOT / "docs" / "runbooks.md"


def sections() -> dict[str, str]:
    """Return the text of every section by its anchor, as code hosts and documentation generators make them."""
    found = re.split(r"^#{2,4} (.+)$", RUNBOOKS.read_text(), flags=re.MULTILINE)
    anchors = [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in found[1::2]]
    assert len(set(anchors)) == len(anchors)
    return dict(zip(anchors, found[2::2], strict=True))


def links() -> dict[str, str]:
    """Return every link to a runbook that a page, a rule or a notice carries, by what carries it."""
    reporter = Reporter(DetectionSettings(), "test")
    found: dict[str, str] = {}
    for kind in ("account", "campaign"):
        opened = OpenAlert(kind=kind, entity_id="e", opened_ms=0, first_seen_ms=0, last_seen_ms=0)
        found[f"alert of {kind}"] = reporter.open(opened)[0].links.runbook
    found["test page"] = trial_notice(0).alert.links.runbook
    found["summary"] = (LinkBases(None, "https://docs.example").flood_runbook() or "").removeprefix(
        "https://docs.example"
    )
    found |= {f"rule {rule.name}": rule.runbook for rule in RULES}
    for group in yaml.safe_load((ROOT / "deploy" / "prometheus" / "rules.yml").read_text())["groups"]:
        found |= {f"Prometheus {rule['alert']}": rule["annotations"]["runbook_url"] for rule in group["rules"]}
    for rule in msgspec.json.decode((ROOT / "grafana" / "rules.json").read_bytes())["rules"]:
        found[f"Grafana {rule['title']}"] = rule["annotations"]["runbook_url"]
    for line in (ROOT / "tests" / "golden" / "campaign_day.jsonl").read_bytes().splitlines():
        record = decode(line)
        found[f"golden {record.alert_id} {record.sequence}"] = record.links.runbook
    return found


@pytest.mark.parametrize(("carrier", "link"), links().items())
def test_a_link_to_a_runbook_leads_to_its_section(carrier: str, link: str) -> None:
    """The path is a file below docs/, the anchor one of its sections, which says what it means and what to do."""
    path, _, anchor = link.partition("#")
    assert ROOT / "docs" / Path(path.lstrip("/")) == RUNBOOKS, carrier
    text = sections()[anchor]
    for part in ("**Means.**", "**Check.**", "**Do.**"):
        assert part in text, (carrier, part)


def test_no_other_scheme_is_left() -> None:
    """Wherever the code or what is generated from it speaks of a runbook's address, it is of the one form."""
    for folder in ("models", "streams", "grafana", "deploy"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in {".py", ".json", ".yml"}:
                for found in re.findall(r"(?<!docs)/runbooks[^\s\"'`]*", path.read_text()):
                    assert found.startswith("/runbooks.md#"), (path, found)


def test_dashboards_lead_to_no_runbook_that_is_not_there() -> None:
    """A section that a runbook sends the reader to by name exists."""
    known = sections()
    for name in re.findall(r"see (Stillwatch\w+)", RUNBOOKS.read_text()):
        assert name.lower() in known, name
