"""Dashboards and alert rules as code; empty until the on-call issue builds them from the metric catalogue."""
