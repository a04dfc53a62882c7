"""Runs a worker process: topics, logging, the Faust application under mode's worker."""

from __future__ import annotations

import logging
import sys

import faust
import structlog

from streams import topics
from streams.app import create_app
from streams.settings import Settings


def serve(settings: Settings) -> None:
    """Run until stopped; raises ``SystemExit`` with the worker's status."""
    configure_logging(settings)
    client = topics.admin(settings)
    try:
        wanted = topics.topics(settings)
        topics.create(client, topics.missing(client, wanted), settings.replication_factor)
    finally:
        client.close()
    app = create_app(settings)
    worker = faust.Worker(
        app,
        loglevel=settings.log_level,
        logging_config=_logging_config(settings),
        redirect_stdouts=False,
        quiet=True,
    )
    worker.execute_from_commandline()


def configure_logging(settings: Settings) -> None:
    """Structlog on standard error: JSON for programs, readable lines for a terminal."""
    level = logging.getLevelName(settings.log_level.upper())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _renderer(settings),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


def _renderer(settings: Settings) -> structlog.types.Processor:
    wants_json = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    return structlog.processors.JSONRenderer() if wants_json else structlog.dev.ConsoleRenderer()


def _logging_config(settings: Settings) -> dict[str, object]:
    """Faust's, mode's and aiokafka's loggers, rendered like our own."""
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
                    _renderer(settings),
                ],
                "foreign_pre_chain": shared,
            }
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structlog"}},
        "root": {"handlers": ["stderr"], "level": settings.log_level.upper()},
    }
