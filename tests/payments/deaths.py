"""Stories of money whose process is killed at one moment, whoever it talks to.

Every act, with the sweeps that follow it, is done by a process of its own, which is killed by the
kernel (SIGKILL) at the n-th moment of the story: before something it wrote is there to stay, when a
request of its has reached the provider, and when the provider has done it and not answered yet. The
provider lives on; so does the guest, who tries again.
"""

from __future__ import annotations

import mmap
import os
import signal
import struct
from collections.abc import Callable
from contextlib import suppress

from core.errors import DomainError
from reservations.models import PaymentRequest
from reservations.proof import money_invariants
from reservations.proof.invariants import broken
from reservations.selectors.holds import active_hold_of
from tests.concurrency.children import children
from tests.concurrency.together import until_undone
from tests.faults.points import before_what_stays
from tests.fixtures.domain import Clock
from tests.payments.faulty_sides import Side
from tests.payments.gateways.judge import CutOff
from tests.payments.money_stories import Scene, Story


class Moments:
    """Counts the moments of one story in memory that its processes share, and kills at the n-th."""

    def __init__(self, fatal: int) -> None:
        self.fatal = fatal
        self._shared = mmap.mmap(-1, 16)

    @property
    def passed(self) -> int:
        """How many there have been."""
        return self._read()[0]

    def begin(self) -> None:
        """The process that is to be killed says who it is."""
        self._write(self.passed, os.getpid())

    def over(self) -> None:
        """It ended, one way or the other: from now on nobody is killed and nothing counted."""
        self._write(self.passed, 0)

    def pass_one(self) -> None:
        """One moment; at the fatal one the process is no more, and the connection with it."""
        passed, pid = self._read()
        if not pid:
            return
        self._write(passed + 1, pid)
        if passed + 1 == self.fatal:
            os.kill(pid, signal.SIGKILL)
            raise CutOff

    def _read(self) -> tuple[int, int]:
        passed, pid = struct.unpack("qq", self._shared[:])
        return passed, pid

    def _write(self, passed: int, pid: int) -> None:
        self._shared[:] = struct.pack("qq", passed, pid)


class DoomedScene(Scene):
    """A scene whose process dies at the ``fatal``-th moment of its acts; at none if that is 0."""

    def __init__(
        self,
        side: Side,
        time: Clock,
        *,
        story: Story,
        fatal: int,
        is_swept_first: bool = False,
        aftermath: Callable[[], object] = lambda: None,
    ) -> None:
        self.moments = Moments(fatal)
        self.is_dead = False
        self.was_apart = False
        """Whether it died with money moved that our rows did not know of yet."""
        self.is_swept_first = is_swept_first
        """Whether the sweeps look after what was left before its guest, or staff, try again."""
        self.aftermath = aftermath
        """What happens to the rows that were left; for the control."""
        side.at_moment = self.moments.pass_one
        try:
            super().__init__(side, time, story=story, fault="", point=0)
        finally:
            side.at_moment = lambda: None

    def carry_out(self, act: Callable[[], object], is_done: Callable[[], bool]) -> None:
        """By a process that may die; then what it left is a whole, and is dealt with by others."""
        if not self.is_dead:
            with children(lambda: self._live(act)) as [process]:
                status = process.wait()
            self.moments.over()
            self.is_dead = status == -signal.SIGKILL
            assert self.is_dead or status == 0
            until_undone()
            if self.is_dead:
                self.was_apart = self.books() != self.our_books()
                assert broken(money_invariants.ALWAYS) == {}, "at once"
                self.aftermath()
            self._remember()
            if self.is_dead and self.is_swept_first:
                self.sweep()
                self.come_to_rest()
            if is_done():
                return
        super().carry_out(act, is_done)

    def _live(self, act: Callable[[], object]) -> None:
        self.moments.begin()
        with before_what_stays(self.moments.pass_one):
            with suppress(DomainError):
                act()
            self.sweep()

    def _remember(self) -> None:
        """What the guest's browser has, and the house's book: it is on their screens."""
        self.held = active_hold_of(self.guest, self.time.now)
        requests = PaymentRequest.objects.filter(restaurant=self.house)
        self.request = requests.order_by("-id").first()
