"""A whole Saturday: two hosts and a guest, three browsers, a hundred and twenty covers."""

from __future__ import annotations

import datetime as dt
import re
import statistics
from collections import Counter
from functools import partial

import pytest
from django.core import mail
from playwright.sync_api import Page, expect

from notifications.services import deliver_due
from reservations import tasks
from reservations.ledger.confirm import Contact
from reservations.models import Reservation, TableBlock
from reservations.services.bookings import Extras, book
from restaurants.demo.build import build_house
from restaurants.demo.maison import MAISON
from restaurants.models import Restaurant, Role
from tests.concurrency.together import until, until_readable
from tests.e2e.conftest import OpenVisit, Visit
from tests.e2e.people import TABLET, staff
from tests.e2e.saturday import Night, Screen, booked, by_telephone, instant
from tests.fixtures.domain import Clock
from tests.fixtures.streams import StreamServer
from tests.reservations.browser import SATURDAY
from tests.reservations.stand import HOST, check_promises, fingerprint, tables_of

STAND = f"/staff/r/maison/stand/?date={SATURDAY}"
PHONE = {"width": 390, "height": 844}


@pytest.fixture
def house(live_server: object, clock: Clock) -> Restaurant:
    """Maison Allo on the Friday before."""
    found = build_house(MAISON)
    clock.set("2025-11-14T12:00+01:00")
    return found


HOSTS = (("Ana", Role.MANAGER, "floor"), ("Hugo", Role.HOST, "timeline"))


def host(visit: OpenVisit, house: Restaurant, name: str, role: Role, view: str) -> Screen:
    """Somebody at the door with a tablet."""
    window = visit(viewport=TABLET, locale="en-GB")
    window.sign_in(staff(house, name, role))
    window.open(f"{STAND}&view={view}")
    expect(window.page.locator("[data-live-badge]")).to_have_attribute("data-state", "live")
    return Screen(window)


def reserve(house: Restaurant) -> None:
    for each in booked():
        book(by_telephone(house, each), Contact(each.name, ""), Extras(), by=HOST)


def named(name: str) -> Reservation:
    return Reservation.objects.get(guest_name=name)


def end_of(party: Reservation) -> dt.datetime:
    return party.expected_end or party.ends_at


def book_online(page: Page, site: str, name: str, time: str, size: int) -> None:
    """As any guest does."""
    page.goto(f"{site}/r/maison/?party={size}&date={SATURDAY}&time={time}")
    page.get_by_role("radio", name=time, exact=True).check()
    page.get_by_role("button", name="Hold this table").click()
    page.get_by_label("Your name", exact=True).fill(name)
    page.get_by_label("E-mail", exact=True).fill(f"{name.lower()}@example.com")
    page.locator("[data-confirm]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your table is booked")


def wait_for_table(page: Page, site: str, name: str, around: str, size: int) -> None:
    """Nothing is free: the guest asks to be told."""
    page.goto(f"{site}/r/maison/waitlist/?party={size}&date={SATURDAY}&time={around}")
    page.get_by_label("Your name", exact=True).fill(name)
    page.get_by_label("E-mail", exact=True).fill(f"{name.lower()}@example.com")
    page.get_by_role("button", name="Put me on the list").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("You are on the waitlist")


def take_offer(page: Page, site: str, name: str) -> None:
    """The mail says a table came free; its link leads to it."""
    until_readable()
    tasks.offer_tables()
    deliver_due()
    letter = next(each for each in reversed(mail.outbox) if f"{name.lower()}@" in each.to[0])
    path = re.search(r"/waitlist/\S+/", str(letter.body))
    assert path is not None
    page.goto(site + path.group())
    page.get_by_role("button", name="Take this table").click()
    page.locator("[data-confirm]").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("Your table is booked")


class Evening:
    """Who does what, by the clock."""

    def __init__(self, night: Night, clock: Clock) -> None:
        self.night, self.clock, self.now = night, clock, ""
        self.ana, self.hugo = night.screens
        self.turn = 0

    def at(self, reading: str) -> None:
        """It is this time now; what runs by itself has run."""
        self.now = reading
        self.clock.set(instant(reading))
        tasks.keep_the_stand()
        for each in self.night.screens:
            each.refresh()
        self.night.agree()

    def next_host(self) -> Screen:
        self.turn += 1
        return self.night.screens[self.turn % 2]

    def expect_alert(self, kind: str, name: str) -> None:
        for each in self.night.screens:
            alert = each.page.locator(f".alert--{kind}[data-select='{named(name).public_id}']")
            expect(alert).to_be_visible()

    def goodbye(self, *, staying: str = "", leaving: str = "") -> None:
        """Whose time is over leaves, but for who stays; and who leaves all the same."""
        for party in self._parties("seated"):
            is_over = end_of(party) <= self.clock.now and party.guest_name != staying
            if is_over or (leaving and party.guest_name == leaving):
                host = self.next_host()
                self.night.step(partial(host.tap_in_drawer, party, "leave"))

    def welcome(self, missing: str = "") -> None:
        """Whose time has come arrives and is seated, but for who is not there."""
        for party in self._parties("confirmed"):
            if party.starts_at <= self.clock.now and party.guest_name != missing:
                self.arrive(party)
        for party in self._parties("arrived"):
            self.clear_for(party)
            host = self.next_host()
            self.night.step(partial(host.tap_row, party, "seat"))

    def clear_for(self, party: Reservation) -> None:
        """Its tables are wiped sooner than the house plans for."""
        blocks = TableBlock.objects.filter(table__label__in=tables_of(party), ended_at=None)
        for block in blocks.filter(ends_at__gt=self.clock.now).select_related("table"):
            self.ana.clear(block.table.label)
            until(partial(self._is_clear, block.pk), "it is clear")
            for each in self.night.screens:
                each.refresh()

    def _is_clear(self, block: int) -> bool:
        return TableBlock.objects.filter(pk=block, ended_at__isnull=False).exists()

    def arrive(self, party: Reservation) -> None:
        host = self.next_host()
        if host is self.ana:
            self.night.step(lambda: host.by_keys(party, "a"))
        else:
            self.night.step(lambda: host.tap_row(party, "arrive"))

    def walk_in(self, size: int, table: str, *, insist: bool = False) -> Reservation:
        self.night.step(lambda: self.ana.walk_in(size, table, insist=insist))
        party = Reservation.objects.filter(channel="walk_in").latest("pk")
        assert tables_of(party) == [table]
        return party

    def _parties(self, status: str) -> list[Reservation]:
        found = Reservation.objects.filter(service_date=SATURDAY, status=status)
        return list(found.order_by("starts_at", "pk"))


def by_day(evening: Evening, guest: Visit) -> None:
    """A cancellation; the table goes to who waits for one."""
    evening.at("17:30")
    evening.night.step(lambda: evening.hugo.tap_in_drawer(named("Henry"), "cancel"))
    evening.night.step(lambda: take_offer(guest.page, guest.site, "Wanda"))


def first_seating(evening: Evening, guest: Visit) -> None:
    """The house fills; one comes late, two change tables, a walk-in moves and moves back."""
    ana, hugo, step = evening.ana, evening.hugo, evening.night.step
    evening.at("19:00")
    evening.welcome(missing="Caron")
    evening.at("19:15")
    evening.expect_alert("late", "Caron")
    evening.welcome(missing="Caron")
    first = evening.walk_in(2, "13")
    evening.at("19:30")
    evening.welcome()
    before = fingerprint()
    step(lambda: ana.choose(first, "move", "14"))
    step(ana.undo)
    assert fingerprint() == before
    step(lambda: ana.choose(first, "move", "14"))
    step(lambda: ana.choose(named("Joly"), "swap", "5"))
    assert (tables_of(named("Joly")), tables_of(named("Klein"))) == (["5"], ["4"])
    step(lambda: hugo.tap_in_drawer(named("Vidal"), "cancel"))
    step(lambda: take_offer(guest.page, guest.site, "Willi"))
    evening.at("19:45")
    evening.welcome()
    # The service is full: beyond its limit only a manager goes, and it is written down.
    assert evening.walk_in(2, "13", insist=True).overbooked
    # The browser reports the refusal that was asked about; nothing else may be.
    refused = ana.visit.complaints.pop()
    assert "409" in refused


def second_seating(evening: Evening) -> None:
    """Caron came late and would sit where Quentin comes, Girard stays where Thomas comes, and
    Simon does not come."""
    hugo, step = evening.hugo, evening.night.step
    for reading in ("20:30", "20:45", "21:00", "21:15"):
        evening.at(reading)
        evening.goodbye(staying="Girard", leaving="Caron" if reading == "20:45" else "")
        if reading == "21:00":
            evening.expect_alert("overstay", "Girard")
            evening.expect_alert("conflict", "Thomas")
            evening.goodbye()
        evening.welcome(missing="Simon")
    evening.expect_alert("late", "Simon")
    before = fingerprint()
    step(lambda: hugo.tap_in_drawer(named("Simon"), "no_show"))
    step(hugo.undo)
    assert fingerprint() == before
    step(lambda: hugo.tap_in_drawer(named("Simon"), "no_show"))
    evening.walk_in(2, "1")
    for reading in ("21:30", "21:45", "22:00", "22:15"):
        evening.at(reading)
        evening.goodbye(staying="Perrin")
        evening.welcome()
    end = end_of(named("Perrin"))
    step(lambda: hugo.tap_in_drawer(named("Perrin"), "extend"))
    assert end_of(named("Perrin")) - end == dt.timedelta(minutes=15)


def supper(evening: Evening) -> None:
    """Past midnight; two friends join a party, which gets a table more."""
    for reading in ("22:30", "22:45", "23:00", "23:30", "00:00", "00:30"):
        evening.at(reading)
        evening.goodbye()
        evening.welcome()
        if reading == "22:45":
            evening.walk_in(2, "13")
    evening.at("00:45")
    evening.goodbye()
    evening.night.step(lambda: evening.ana.choose(named("Picard"), "merge", "2"))
    assert tables_of(named("Picard")) == ["1", "2"]
    evening.night.step(lambda: evening.hugo.change_size(named("Picard"), 4))
    for reading in ("01:00", "01:15", "01:30", "02:00"):
        evening.at(reading)
        evening.goodbye()


def test_a_saturday_of_a_hundred_and_twenty_covers(
    house: Restaurant, visit: OpenVisit, stream_of_site: StreamServer, clock: Clock
) -> None:
    guest = visit(viewport=PHONE, locale="en-GB")
    book_online(guest.page, guest.site, "Quentin", "20:45", 2)
    reserve(house)
    wait_for_table(guest.page, guest.site, "Wanda", "19:15", 4)
    wait_for_table(guest.page, guest.site, "Willi", "21:15", 2)
    clock.set(instant("17:25"))
    night = Night([host(visit, house, *each) for each in HOSTS])
    evening = Evening(night, clock)

    by_day(evening, guest)
    first_seating(evening, guest)
    second_seating(evening)
    supper(evening)

    check_promises()
    outcome = Counter[str]()
    for party in Reservation.objects.filter(service_date=SATURDAY):
        outcome[party.status] += party.party_size
    assert outcome == {"completed": 124, "cancelled": 6, "no_show": 2}
    median, most = statistics.median(night.took), max(night.took)
    print(f"{len(night.took)} steps on every screen after {median:.2f} s, at most {most:.2f} s")
    assert median < 1
