"""Runs a worker process: topics, logging, the Faust application under mode's worker."""

from __future__ import annotations

import contextlib
import ctypes
import gc

import faust

from streams import topics
from streams.app import create_app
from streams.logs import configure_logging, logging_config
from streams.settings import Settings
from streams.start import nothing_collected

#: A batch of 1,000 records makes some thousand objects that die young.
_OBJECTS_BETWEEN_COLLECTIONS = 20_000

# mallopt's options (malloc.h): free memory kept at the heap's end, the smallest block that gets pages of its own
# (glibc takes no more than this), and how much the heap grows at a time.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3
_KEPT_BYTES, _GROWTH_BYTES, _HEAP_BYTES = 256 << 20, 4 << 20, 32 << 20


def serve(settings: Settings) -> None:
    """Run until stopped; raises ``SystemExit`` with the worker's status.

    Raises ``TopicsError`` for topics that this worker cannot work with, and kafka-python's errors.
    """
    configure_logging(settings)
    _provide_topics(settings)
    with nothing_collected():
        app = create_app(settings)
    settle_garbage_collector()
    settle_allocator()
    worker = faust.Worker(
        app,
        loglevel=settings.log_level,
        logging_config=logging_config(settings),
        redirect_stdouts=False,
        quiet=True,
    )
    # At warning and error Faust would draw a progress spinner: it has every debug line of every library made for that.
    worker.spinner = None
    worker.execute_from_commandline()


def _provide_topics(settings: Settings) -> None:
    client = topics.admin(settings)
    try:
        wanted = topics.topics(settings)
        topics.create(client, topics.missing(client, wanted), settings.replication_factor)
        topics.check_widths(client, wanted)
    finally:
        client.close()


def settle_garbage_collector() -> None:
    """Leave what start-up made, half a million objects that stay, out of every later collection."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_OBJECTS_BETWEEN_COLLECTIONS, 20, 20)


def settle_allocator() -> None:
    """Keep what one batch freed for the next one: given back, every page of it costs a fault to get again.

    Does nothing where the C library is not glibc.
    """
    with contextlib.suppress(OSError, AttributeError):
        allocator = ctypes.CDLL("libc.so.6").mallopt
        for option, size in ((_TRIM_THRESHOLD, _KEPT_BYTES), (_MMAP_THRESHOLD, _HEAP_BYTES), (_TOP_PAD, _GROWTH_BYTES)):
            allocator(option, size)
