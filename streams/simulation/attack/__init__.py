"""Harvesting accounts."""

from streams.simulation.attack.harvest import Harvest, expected_requests, window_ms

__all__ = ["Harvest", "expected_requests", "window_ms"]
