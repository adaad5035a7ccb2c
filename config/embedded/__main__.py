"""The embedded servers by hand: ``python -m config.embedded {start,stop,status,run}``.

``run PROGRAM [ARGUMENT…]`` runs one of PostgreSQL's own programs against the embedded database:
``run psql``, ``run pg_dump -Fc -f couvert.dump``, ``run pgbench …``.
"""

from __future__ import annotations

import argparse
import os
import sys

from psycopg.conninfo import conninfo_to_dict

from config import embedded, env


def main(arguments: list[str] | None = None) -> int:
    """Run one command; 0 when it succeeded (for ``status``: when both servers answer)."""
    parser = argparse.ArgumentParser(prog="python -m config.embedded", allow_abbrev=False)
    parser.add_argument("--test", action="store_true", help="the servers of the test suite instead")
    parser.add_argument("command", choices=["start", "stop", "status", "run"])
    chosen, program = parser.parse_known_args(arguments)
    if bool(program) != (chosen.command == "run"):
        parser.error("`run` needs a program, and only `run` takes one")
    durable = not chosen.test
    data_dir = env.data_dir()
    if chosen.command == "run":
        _run(embedded.ensure_database_url(data_dir, durable=durable), program)
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


def _run(url: str, program: list[str]) -> None:
    """Become ``program``, with the database as its default."""
    path = str(embedded.postgres_binary(program[0]))
    parts = conninfo_to_dict(url)
    place = {"PGHOST": "host", "PGPORT": "port", "PGUSER": "user", "PGDATABASE": "dbname"}
    environment = env.child_environment(**{name: str(parts[key]) for name, key in place.items()})
    os.execve(path, [path, *program[1:]], environment)  # noqa: S606  our own program


if __name__ == "__main__":
    try:
        sys.exit(main())
    except embedded.EmbeddedServiceError as error:
        sys.exit(str(error))
