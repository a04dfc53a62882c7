"""What is generated, and where it lies; a test compares the files with what this would write."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from grafana_foundation_sdk.cog.encoder import JSONEncoder

from grafana.account import account
from grafana.campaign import campaign
from grafana.detector import detector
from grafana.grafana_rules import grafana_rules
from grafana.on_call import on_call
from grafana.pipeline import pipeline
from grafana.prometheus_rules import prometheus_rules

ROOT = Path(__file__).resolve().parent.parent
DASHBOARDS = (on_call, campaign, account, pipeline, detector)


def generated() -> dict[Path, str]:
    """Path and text of every generated file."""
    files = {}
    for build in DASHBOARDS:
        built = build().build()
        _number(built.panels or [])
        for variable in built.templating.list_val or []:
            # The SDK writes these for every variable; only those of kind interval have them.
            variable.auto = variable.auto_min = variable.auto_count = None
        files[ROOT / "grafana" / "dashboards" / f"{built.uid}.json"] = _text(built)
    files[ROOT / "grafana" / "rules.json"] = grafana_rules()
    files[ROOT / "deploy" / "prometheus" / "rules.yml"] = prometheus_rules()
    return files


def write(files: Mapping[Path, str]) -> Iterator[Path]:
    """Write the files that differ; gives the paths of those."""
    for path, text in files.items():
        if not path.is_file() or path.read_text() != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            yield path.relative_to(ROOT)


def _number(panels: Sequence[object]) -> None:
    # Grafana numbers panels itself when a dashboard is saved; unnumbered ones would differ from what it holds then.
    for number, panel in enumerate(panels, start=1):
        panel.id_val = number  # type: ignore[attr-defined]


def _text(built: object) -> str:
    return json.dumps(built, cls=JSONEncoder, indent=1, sort_keys=True, ensure_ascii=False) + "\n"
