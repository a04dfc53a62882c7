"""Log lines of every long-running command: structlog on standard error, JSON for programs."""

from __future__ import annotations

import logging
import sys

import structlog

from streams.settings import Settings


def configure_logging(settings: Settings) -> None:
    """Structlog on standard error: JSON for programs, readable lines for a terminal."""
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
    """What turns a line's fields into text."""
    wants_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    return structlog.processors.JSONRenderer() if wants_json else structlog.dev.ConsoleRenderer()


def logging_config(settings: Settings) -> dict[str, object]:
    """Loggers of the libraries, rendered like our own."""
    shared = [
        structlog.stdlib.add_logger_name,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structlog": {
                "()": structlog.stdlib.ProcessorFormatter,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,
                    renderer(settings),
                ],
                "foreign_pre_chain": shared,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structlog"}},
        "root": {"handlers": ["stderr"], "level": settings.log_level.upper()},
    }
