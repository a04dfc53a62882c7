"""Logging of every process: structlog on standard error, JSON for programs, readable lines for a terminal."""

from __future__ import annotations

import logging
import sys

import structlog

from streams.settings import Settings


def configure_logging(settings: Settings) -> None:
    """Set structlog up for this process."""
    level = logging.getLevelName(settings.log_level.upper())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer(settings),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def renderer(settings: Settings) -> structlog.types.Processor:
    """What turns an event into a line."""
    wants_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    return structlog.processors.JSONRenderer() if wants_json else structlog.dev.ConsoleRenderer()
