"""Dashboards, alert rules and their provisioning in Grafana, as code; `make grafana` writes what is generated."""
