"""Ports for the servers that tests start, several test runs side by side."""

from __future__ import annotations

import socket

from streams.broker.ports import LOOPBACK

_held: list[socket.socket] = []


def reserved_ports(count: int) -> tuple[int, ...]:
    """Return loopback ports that no other process is handed before the server listens, nor while it is restarted.

    A socket that is bound and does not listen keeps a port from all who ask for any free one; whoever names the port
    gets it, since servers set SO_REUSEADDR as this does.
    """
    made = [socket.socket() for _ in range(count)]
    for one in made:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind((LOOPBACK, 0))
    _held.extend(made)
    return tuple(one.getsockname()[1] for one in made)
