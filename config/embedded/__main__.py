"""``python -m config.embedded {start,stop,status}``: the embedded servers by hand."""

from __future__ import annotations

import argparse
import sys

from config import embedded, env


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it succeeded (for ``status``: when both servers answer)."""
    parser = argparse.ArgumentParser(prog="python -m config.embedded", description=__doc__)
    parser.add_argument("command", choices=["start", "stop", "status"])
    parser.add_argument("--test", action="store_true", help="the servers of the test suite instead")
    chosen = parser.parse_args(arguments)
    durable = not chosen.test
    data_dir = env.data_dir()
    if chosen.command == "start":
        print(f"PostgreSQL: {embedded.ensure_database_url(data_dir, durable=durable)}")
        print(f"Redis:      {embedded.ensure_redis_url(data_dir, durable=durable)}")
        return 0
    if chosen.command == "stop":
        stopped = embedded.stop(data_dir, durable=durable)
        print(f"Stopped: {', '.join(stopped)}" if stopped else "Nothing was running.")
        return 0
    found = embedded.status(data_dir, durable=durable)
    for server in found:
        state = f"running, pid {server.pid}" if server.answers else "not running"
        print(f"{server.name:11} {state:22} {server.url}")
    return 0 if all(server.answers for server in found) else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except embedded.EmbeddedServiceError as error:
        sys.exit(str(error))
