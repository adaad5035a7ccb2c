"""A Saturday of a hundred and twenty covers at Maison Allo: who comes when, and the two screens."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import Page, expect

from reservations.engine import types as e
from reservations.models import Reservation
from reservations.services.holds import HoldRequest
from restaurants.models import Restaurant
from tests.concurrency.together import until
from tests.e2e.conftest import Visit
from tests.reservations.browser import SATURDAY

BOOKED = """
19:00 2 Adler, 19:00 4 Blanc, 19:00 2 Caron, 19:00 3 Dubois, 19:00 2 Eluard,
19:15 5 Faure, 19:15 2 Girard, 19:15 4 Henry, 19:15 2 Imbert,
19:30 3 Joly, 19:30 4 Klein, 19:30 2 Lambert, 19:30 2 Morel, 19:30 4 Noël, 19:45 3 Olivier,
19:45 5 Perrin, 20:45 2 Renard, 20:45 2 Simon, 21:00 2 Thomas, 21:00 2 Ulrich,
21:15 2 Vidal, 21:15 4 Weber, 21:15 2 Xavier, 21:15 3 Yvon, 21:30 4 Zola, 21:45 3 Arnaud,
21:45 2 Brun, 22:00 6 Denis, 22:00 3 Evrard, 22:30 2 Fabre, 23:00 5 Gautier,
23:00 2 Huet, 23:30 3 Jacob, 23:30 2 Leroy, 23:30 2 Masson, 00:00 4 Kahn, 00:00 2 Nicolas,
00:30 4 Oudin, 00:30 2 Picard
"""
"""By telephone, the week before: the time, how many, and who."""


@dataclass(frozen=True, slots=True)
class Plan:
    """One party as the script has it."""

    time: str
    size: int
    name: str


def booked() -> list[Plan]:
    """Everybody who booked, in the order of their times."""
    lines = (each.split() for each in BOOKED.replace("\n", " ").split(",") if each.strip())
    return [Plan(time, int(size), name) for time, size, name in lines]


def by_telephone(house: Restaurant, plan: Plan) -> HoldRequest:
    """What the house writes down for one of them."""
    return HoldRequest(
        house.public_id,
        SATURDAY,
        plan.time,
        plan.size,
        channel=e.Channel.IN_HOUSE,
        source="phone",
    )


def instant(clock_reading: str) -> str:
    """A reading of the clock at Maison Allo that night, past midnight too, as an ISO instant."""
    day = SATURDAY.day + (clock_reading < "12:00")
    return f"{SATURDAY:%Y-%m}-{day:02}T{clock_reading}+01:00"


PATIENCE = 30.0
"""Seconds that a busy machine may take."""
PAUSE = 0.4
"""Seconds between two steps of a host; a screen takes a faster second tap for a double tap."""

TAB_OF = """party =>
  document.querySelector(`.row[data-party="${party}"]`).parentNode.dataset.tab"""

SHOWN = """() => {
  const rows = [...document.querySelectorAll(".row[data-party]")];
  const others = [...document.querySelectorAll(".centre [data-party][data-version]")];
  return {
    rows: Object.fromEntries(rows.map(({ dataset: d }) => [d.party, [d.state, Number(d.version)]])),
    others: others.filter(({ dataset: d }) => d.party)
      .map(({ dataset: d }) => [d.party, Number(d.version)]),
  };
}"""
"""What a screen says of every party, in its lists and in its middle."""


@dataclass
class Screen:
    """A host at a tablet. Everything is done by taps, but where a test says keys."""

    visit: Visit
    ready_at: float = 0.0

    @property
    def page(self) -> Page:
        """The tab."""
        return self.visit.page

    def shows(self) -> dict[str, Any]:
        """Parties with state and version, by public id."""
        found: dict[str, Any] = self.page.evaluate(SHOWN)
        return found

    def refresh(self) -> None:
        """As it does when a minute is over."""
        self.page.evaluate("document.dispatchEvent(new CustomEvent('couvert:changed'))")

    def row(self, party: Reservation) -> Any:
        """Its row, whose list is the one that is shown."""
        row = self.page.locator(f'.row[data-party="{party.public_id}"]')
        row.wait_for(state="attached")
        # Looked up and read in one go: a change from elsewhere may put another row in its place.
        tab = self.page.evaluate(TAB_OF, party.public_id)
        self.page.locator(f'[data-to-tab="{tab}"]').click()
        return row

    def tap_row(self, party: Reservation, verb: str) -> None:
        """Take the step its row offers, which must be this one."""
        button = self.row(party).locator(".row__do")
        offers = re.compile(rf"^{verb} ")
        expect(button, f"{party.guest_name} at {party.starts_at}").to_have_attribute(
            "value", offers
        )
        self._rest()
        button.click()

    def open(self, party: Reservation) -> Any:
        """Its drawer."""
        self.row(party).locator("a.row__main").click()
        drawer = self.page.locator(f'[data-drawer=party][data-party="{party.public_id}"]')
        expect(drawer).to_be_visible()
        return drawer

    def tap_in_drawer(self, party: Reservation, verb: str) -> None:
        """Press the button of this verb, unfolding what hides it; say yes if asked."""
        drawer = self.open(party)
        inside = f"button[name=do][value^='{verb} ']"
        if not drawer.locator(inside).count():
            inside = f"form:has(input[name=do][value^='{verb} ']) button"
        self._unfold(drawer, inside)
        button = drawer.locator(inside)
        is_asked = button.evaluate("button => Boolean(button.form.dataset.confirm)")
        self._rest()
        button.click()
        if is_asked:
            self.page.locator("#confirm button[value=yes]").click()

    def change_size(self, party: Reservation, size: int) -> None:
        """In the drawer."""
        drawer = self.open(party)
        inside = "form:has(input[name=do][value^='size '])"
        self._unfold(drawer, inside)
        form = drawer.locator(inside)
        form.locator("select").select_option(str(size))
        self._rest()
        form.locator("button").click()

    def choose(self, party: Reservation, mode: str, table: str) -> None:
        """Two taps: what, then the table."""
        self.open(party).locator(f"[data-mode-start={mode}]").click()
        spot = self.page.locator(f".table[data-label='{table}']")
        expect(spot).to_have_class(_with("table--yes"))
        self._rest()
        spot.locator(".table__top").click()

    def walk_in(self, size: int, table: str, *, insist: bool = False) -> None:
        """Two taps: how many, then where; a manager who insists says yes to the question."""
        self._close()
        self.page.locator(f"[data-quote='{size}']").click()
        spot = self.page.locator(f".table[data-label='{table}']")
        expect(spot).to_have_class(_with("table--yes"))
        self._rest()
        spot.locator(".table__top").click()
        if insist:
            self.page.locator("#confirm button[value=yes]").click()

    def clear(self, table: str) -> None:
        """Say that a table is clean again."""
        self._close()
        self.page.locator(f".table[data-label='{table}'] .table__top").click()
        self._rest()
        self.page.locator("[data-drawer=table] form:has([value=cleared]) button").click()
        self.ready_at = time.monotonic() + 2 * PAUSE

    def by_keys(self, party: Reservation, key: str) -> None:
        """Find the party with the arrows of the list, and press the key."""
        self.page.keyboard.press("/")
        self.page.keyboard.type(party.guest_name)
        self.page.keyboard.press("Enter")
        expect(self.page.locator(f'.row[data-party="{party.public_id}"] a')).to_be_focused()
        self._rest()
        self.page.keyboard.press(key)
        for each in ("/", "Escape"):
            self.page.keyboard.press(each)

    def undo(self) -> None:
        """Take the last step back."""
        self._rest()
        self.page.locator("[data-toast-undo]").click()

    def _close(self) -> None:
        """The drawer is in front of the floor on a tablet."""
        cross = self.page.locator("[data-open=drawer] [data-drawer-close]")
        if cross.count():
            cross.click()

    def _unfold(self, drawer: Any, inside: str) -> None:
        """Open what hides this part of a drawer."""
        fold = drawer.locator("details:not([open])").filter(has=self.page.locator(inside))
        if fold.count():
            fold.locator("summary").click()

    def _rest(self) -> None:
        """A hand takes a moment."""
        left = self.ready_at - time.monotonic()
        if left > 0:
            self.page.wait_for_timeout(left * 1000)


def _with(name: str) -> re.Pattern[str]:
    return re.compile(rf"(^|\s){name}(\s|$)")


@dataclass
class Night:
    """The evening on several screens, which must say the same after every step."""

    screens: list[Screen]
    took: list[float] = field(default_factory=list)
    """For each step: seconds from its being in the book to its being on every screen."""

    def step(self, do: Callable[[], object]) -> None:
        """Do something; wait until every screen shows the book as it is then."""
        before = book()
        do()
        until(lambda: book() != before or bool(self.refusals()), "the book has it", PATIENCE)
        written = time.monotonic()
        assert not self.refusals(), self.refusals()
        self.agree()
        self.took.append(time.monotonic() - written)
        for each in self.screens:
            each.ready_at = time.monotonic() + PAUSE

    def refusals(self) -> list[str]:
        """What screens say they could not do."""
        found = [
            each.page.locator(".toast--bad:visible").all_inner_texts() for each in self.screens
        ]
        return [text for texts in found for text in texts]

    def agree(self) -> None:
        """Wait until every screen says of every party what the book says."""
        until(
            lambda: all(fits(each.shows(), book()) for each in self.screens),
            "screens agree",
            PATIENCE,
        )


def fits(shown: dict[str, Any], truth: dict[str, list[Any]]) -> bool:
    """Whether a screen has every party, and each of its pieces the newest version."""
    if shown["rows"] != truth:
        return False
    return all(truth[party][1] == version for party, version in shown["others"] if party in truth)


def book() -> dict[str, list[Any]]:
    """Every party of the night with state and version."""
    rows: Iterable[Reservation] = Reservation.objects.filter(service_date=SATURDAY)
    return {row.public_id: [row.status, row.version] for row in rows}
