"""Writes everything that is generated: dashboards as JSON, rules for Prometheus and for Grafana."""

from __future__ import annotations

from grafana.generate import generated, write

if __name__ == "__main__":
    for path in write(generated()):
        print(path)  # noqa: T201 - the command's output
