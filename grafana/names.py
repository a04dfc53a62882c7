"""Names by which things of this project are known in Grafana; changing one leaves the old thing behind."""

from __future__ import annotations

FOLDER_UID = "stillwatch"
FOLDER_TITLE = "Stillwatch"
PROMETHEUS_UID = "stillwatch-prometheus"
DATABASE_UID = "stillwatch-database"
TAG = "stillwatch"
RULE_GROUP = "stillwatch-pipeline"

#: Contact points: where pages of the pipeline go, and who notices when the heartbeat stops.
ON_CALL = "stillwatch-on-call"
HEARTBEAT = "stillwatch-heartbeat"
