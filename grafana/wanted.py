"""What should be in the operator's Grafana: the generated files, fitted to the settings."""

from __future__ import annotations

from importlib.metadata import version
from importlib.resources import files
from typing import Any

import msgspec

from grafana.names import DATABASE_UID, FOLDER_TITLE, FOLDER_UID, HEARTBEAT, ON_CALL, PROMETHEUS_UID
from grafana.resources import ContactPoint, Dashboard, DataSource, Folder, Found, Resource, RuleGroup
from streams.settings import Settings

POSTGRES_VERSION = 1500


def wanted(settings: Settings) -> list[Resource]:
    """Everything, in the order in which it can be created."""
    return [
        Folder(FOLDER_UID, FOLDER_TITLE),
        *_data_sources(settings),
        *_contact_points(settings),
        *_dashboards(settings),
        RuleGroup(_rules(settings)),
    ]


def _data_sources(settings: Settings) -> list[Resource]:
    """Those that the settings give an address for; the others are the operator's own."""
    found: list[Resource] = []
    if settings.grafana_prometheus_url:
        metrics = {
            "uid": settings.grafana_prometheus_uid,
            "name": "Stillwatch metrics",
            "type": "prometheus",
            "access": "proxy",
            "url": settings.grafana_prometheus_url,
            "jsonData": {"httpMethod": "POST", "timeInterval": "15s"},
        }
        found.append(DataSource(metrics, {}))
    if settings.grafana_database_address:
        password = settings.grafana_database_password
        store = {
            "uid": settings.grafana_database_uid,
            "name": "Stillwatch alert store",
            "type": "grafana-postgresql-datasource",
            "access": "proxy",
            "url": settings.grafana_database_address,
            "user": settings.grafana_database_user,
            "jsonData": {
                "database": settings.grafana_database_name,
                "sslmode": settings.grafana_database_tls,
                "postgresVersion": POSTGRES_VERSION,
                "timescaledb": False,
            },
        }
        found.append(DataSource(store, {"password": password.get_secret_value()} if password else {}))
    return found


def _contact_points(settings: Settings) -> list[Resource]:
    named = {ON_CALL: settings.grafana_contact_url, HEARTBEAT: settings.grafana_heartbeat_url}
    return [ContactPoint(name, url.get_secret_value()) for name, url in named.items() if url]


def _dashboards(settings: Settings) -> list[Resource]:
    message = f"stillwatch {version('stillwatch')}"
    folder = files("grafana") / "dashboards"
    listed = sorted(folder.iterdir(), key=lambda file: file.name)
    return [Dashboard(_fitted(file.read_bytes(), settings), FOLDER_UID, message) for file in listed]


def _rules(settings: Settings) -> Found:
    group = _fitted((files("grafana") / "rules.json").read_bytes(), settings)
    reachable = {point.uid for point in _contact_points(settings)}
    for rule in group["rules"]:
        path = rule["annotations"].pop("runbook_url")
        if settings.runbooks_url:
            rule["annotations"]["runbook_url"] = settings.runbooks_url.rstrip("/") + path
        # Grafana refuses a rule whose contact point it does not have: the operator's own policy routes it then.
        if rule["notification_settings"]["receiver"] not in reachable:
            del rule["notification_settings"]
    return group


def _fitted(content: bytes, settings: Settings) -> Found:
    """A generated file with the operator's data sources instead of ours."""
    uids = {PROMETHEUS_UID: settings.grafana_prometheus_uid, DATABASE_UID: settings.grafana_database_uid}
    fitted: Found = _replaced(msgspec.json.decode(content), uids)
    return fitted


def _replaced(value: Any, names: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _replaced(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [_replaced(item, names) for item in value]
    return names.get(value, value) if isinstance(value, str) else value
