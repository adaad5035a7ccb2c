"""A mail server on a loopback port that says what a test tells it to, in real SMTP."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class MailServer(socketserver.ThreadingTCPServer):
    """Answers with ``answers[verb]`` where given; an empty answer hangs up instead."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, answers: dict[str, str]) -> None:
        super().__init__(("127.0.0.1", 0), _Conversation)
        self.answers = answers
        self.mails: list[str] = []

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])


class _Conversation(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        if not self.say("CONNECT", "220 mail.example"):
            return
        while line := self.rfile.readline().decode().strip():
            verb = line.split()[0].upper()
            ok = "354 go on" if verb == "DATA" else "250 ok"
            if not self.say(verb, ok) or verb == "QUIT":
                return
            if verb == "DATA" and "DATA" not in self.server.answers:
                mail = b"".join(iter(self.rfile.readline, b".\r\n"))
                self.server.mails.append(mail.decode())
                if not self.say("BODY", "250 taken"):
                    return

    def say(self, verb: str, otherwise: str) -> bool:
        answer = self.server.answers.get(verb, otherwise)
        if answer:
            self.wfile.write(f"{answer}\r\n".encode())
        return bool(answer)


@contextmanager
def mail_server(**answers: Any) -> Iterator[MailServer]:
    """Run it for the length of a block."""
    with MailServer({verb.upper(): answer for verb, answer in answers.items()}) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
