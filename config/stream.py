"""Serves the event streams (``config.asgi``) by granian inside this process's own event loop.

granian's command line waits at the end for every open connection, and a stream never ends by
itself. Here the streams are let go first: browsers come back to the next process at once.
"""

from __future__ import annotations

import asyncio
import signal
import sys

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.embed import Server

from config import env
from config.asgi import application

_BACKLOG = 2048
_HEADERS = 64 * 1024
"""Bytes of a request's head: a place may name many transactions."""


async def serve() -> None:
    """Until SIGTERM or SIGINT."""
    server = Server(
        application,
        address=env.text("HOST", "127.0.0.1"),
        port=env.stream_port(),
        interface=Interfaces.ASGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(max_buffer_size=_HEADERS),
        websockets=False,
        backlog=_BACKLOG,
        # Connections at a time; the application refuses in words before this is reached.
        backpressure=2 * _BACKLOG,
        # Its warnings say that this way of running it is new.
        log_level=LogLevels.error,
    )
    told = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, told.set)
    serving = asyncio.create_task(server.serve())
    stopping = asyncio.create_task(told.wait())
    await asyncio.wait({serving, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if serving.done():
        await serving
        sys.exit("The stream server ended by itself.")
    try:
        await application.close()
    finally:
        server.stop()  # type: ignore[no-untyped-call]
        await serving


if __name__ == "__main__":
    asyncio.run(serve())
