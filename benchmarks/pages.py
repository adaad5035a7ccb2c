"""``python -m benchmarks.pages``: guest pages as Lighthouse measures them, on a telephone.

Couvert's web process with production's settings and the demo data, in a directory of its own; a
real Chromium with a quarter of this machine's speed and a telephone's network; nothing cached.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from statistics import median

from playwright.sync_api import BrowserContext

from benchmarks import report
from benchmarks.booking import confirm, hold_a_table
from benchmarks.browser import NETWORKS, View, look, telephone
from benchmarks.stack import Stack, serving, started

MOST_TEXT = 60_000
"""Bytes of HTML, CSS and JavaScript, as transferred."""
MOST_SHIFT = 0.02
MOST_LCP = 1500
"""Milliseconds until the largest part of the page is shown."""

_VENUE = "/r/bella-notte/"
_KINDS = ("Document", "Stylesheet", "Script", "Font", "Image", "Other")
_NAMES = ("HTML", "CSS", "JS", "fonts", "images", "other")


@dataclass(frozen=True)
class Measured:
    """One page: the medians of its loads."""

    name: str
    views: tuple[View, ...]

    def of(self, figure: Callable[[View], float]) -> float:
        """The median of a figure."""
        return median(figure(view) for view in self.views)

    @property
    def elsewhere(self) -> set[str]:
        """Every other host's address any load asked for."""
        return {address for view in self.views for address in view.weight.elsewhere}


def main(arguments: list[str] | None = None) -> int:
    """Measure and print; 0 whatever comes out, since times depend on the machine."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.pages", description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="loads of each page")
    parser.add_argument("--network", choices=sorted(NETWORKS), default="4g")
    chosen = parser.parse_args(arguments)
    with started("bench-pages") as stack:
        prepare(stack)
        with serving(stack, "pages", WEB_WORKERS="1") as server, telephone() as context:
            server.wait()
            found = list(_measure(context, f"http://127.0.0.1:{server.port}", chosen))
    _show(found, chosen)
    return 0


def prepare(stack: Stack) -> None:
    """The demo restaurants and the collected static files; again changes nothing."""
    report.heading("Data: the demo restaurants")
    stack.manage("migrate", "--no-input", "-v", "0")
    stack.manage("demo")
    stack.collect_static()


def _measure(context: BrowserContext, site: str, chosen: argparse.Namespace) -> Iterable[Measured]:
    """Each page in the order in which a guest who is new here meets it."""

    def loads(name: str, address: str) -> Measured:
        # The first load is the server's: templates are compiled, houses are read.
        views = [look(context, address, chosen.network) for _ in range(chosen.runs + 1)]
        return Measured(name, tuple(views[1:]))

    yield loads("home", f"{site}/")
    yield loads("venue", f"{site}{_VENUE}")
    page = context.new_page()
    held = hold_a_table(page, f"{site}{_VENUE}")
    yield loads("hold", held)
    yield loads("confirmation", confirm(page))


def _show(found: Iterable[Measured], chosen: argparse.Namespace) -> None:
    pages = list(found)
    report.heading(f"Pages on a telephone, {chosen.network}, medians of {chosen.runs} loads")
    print(f"{'':14}{'LCP ms':>10}{'CLS':>11}{'blocked ms':>12}{'text KB':>11}", end="")
    print("".join(f"{name:>8}" for name in _NAMES), f"{'requests':>9}{'elsewhere':>12}")
    for one in pages:
        print(f"{one.name:14}{_figures(one)}", flush=True)
    print(
        f"  goals: LCP < {MOST_LCP} ms, CLS < {MOST_SHIFT}, text (HTML, CSS, JS) ≤"
        f" {MOST_TEXT // 1000} KB, nothing elsewhere; KB as transferred, with headers"
    )
    for address in sorted(set().union(*(one.elsewhere for one in pages))):
        print(f"  asked elsewhere: {address}")


def _figures(one: Measured) -> str:
    lcp = one.of(lambda view: view.lcp)
    shift = max(view.shift for view in one.views)
    text = one.of(lambda view: view.weight.text)
    kinds = [one.of(lambda view, kind=kind: view.weight.bytes_by_kind[kind]) for kind in _KINDS]  # type: ignore[misc]
    return (
        f"{lcp:>8,.0f} {_mark(lcp < MOST_LCP)}{shift:>9.4f} {_mark(shift < MOST_SHIFT)}"
        f"{one.of(lambda view: view.blocked):>12.0f}"
        f"{text / 1000:>9.1f} {_mark(text <= MOST_TEXT)}"
        + "".join(f"{kind / 1000:>8.1f}" for kind in kinds)
        + f"{one.of(lambda view: view.weight.requests):>10.0f}"
        f"{len(one.elsewhere):>10} {_mark(not one.elsewhere)}"
    )


def _mark(is_met: bool) -> str:
    return "✓" if is_met else "✗"


if __name__ == "__main__":
    sys.exit(main())
