"""Tags for managers: every page of staff tells them to managers and owners, and to nobody else."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from accounts.models import User
from core.actors import Actor, ActorKind
from core.changes import now_mark
from customers.models import Customer, GuestTag
from customers.services.tags import TagValues, save_tag
from reservations.models import Reservation
from reservations.services import stand
from restaurants.models import Membership, Restaurant, Role
from tests.factories import make_bella
from tests.fixtures.domain import Clock
from tests.reservations.stand import DATE, HOST, at, booked, fresh
from tests.staff.conftest import As, AtTablet, Cast
from tests.staff.test_setup import opened

pytestmark = pytest.mark.django_db

HOUSE = "/staff/r/bella/"
STAND = f"{HOUSE}stand/"
TAGS = f"{HOUSE}guests/tags/"
ON = {"date": DATE.isoformat()}
MAX = Actor(ActorKind.STAFF, "user_max", "Max Manager")
OPEN, HIDDEN = ("Journalist", "Bayside"), ("Litigious", "Complains")
"""Of the guest, and of the visit."""
OTHERS = ("host", "server", "viewer")
LEADERS = ("manager", "owner", "operator")


@pytest.fixture
def ada(house: Restaurant, clock: Clock) -> Reservation:
    """At seven, with two tags of hers and two of the visit; one of each is for managers."""
    group = house.organization_id
    for name, kind, hides in (
        ("Journalist", GuestTag.Kind.GUEST, False),
        ("Litigious", GuestTag.Kind.GUEST, True),
        ("Bayside", GuestTag.Kind.VISIT, False),
        ("Complains", GuestTag.Kind.VISIT, True),
    ):
        save_tag(group, TagValues(name, "Manners", "plum", kind, hides), by=MAX)
    clock.advance(days=-1)
    row = booked(house)
    row.customer = Customer.objects.create(
        organization=house.organization,
        name="Ada",
        phone="+12125550123",
        tags=["Litigious", "Journalist", "A word of a program"],
    )
    row.tags = ["Complains", "Bayside"]
    row.save()
    clock.now = at("18:55")
    return fresh(row)


def guest_url(row: Reservation, rest: str = "") -> str:
    assert row.customer is not None
    return f"{HOUSE}guests/{row.customer.public_id}/{rest}"


def pages(row: Reservation) -> dict[str, tuple[str, set[str]]]:
    """Every page that tells tags: its address, and which it tells to who sees all of them."""
    every, visit, guest = {*OPEN, *HIDDEN}, {"Bayside", "Complains"}, {"Journalist", "Litigious"}
    party = f"party={row.public_id}"
    return {
        "lists": (f"{STAND}?date={DATE}", visit),
        "list": (f"{STAND}?date={DATE}&view=list", visit),
        "chosen": (f"{STAND}?date={DATE}&{party}", every),
        "drawer": (f"{STAND}drawer/?date={DATE}&{party}", every),
        "fragment": (f"{STAND}fragment/?date={DATE}&view=list", visit),
        "guests": (f"{HOUSE}guests/", guest),
        "found": (f"{HOUSE}guests/?q=Ada", guest),
        "profile": (guest_url(row), guest),
        "sheet": (f"{HOUSE}sheet/{DATE}/", every),
    }


def folded(answer: Any) -> str:
    text: str = answer.content.decode()
    return text.casefold()


def told(client: Client, url: str) -> set[str]:
    """Names of tags on a page, in capitals or not."""
    answer = client.get(url)
    assert answer.status_code == 200, url
    return {name for name in (*OPEN, *HIDDEN) if name.casefold() in folded(answer)}


@pytest.mark.parametrize("who", OTHERS)
def test_nobody_else_reads_a_hidden_name(as_: As, cast: Cast, ada: Reservation, who: str) -> None:
    leader, other = as_(cast.manager), as_(getattr(cast, who))
    for name, (url, names) in pages(ada).items():
        # The manager first: what is drawn for them is kept by this process.
        assert told(leader, url) == names, name
        assert told(other, url) == names - {*HIDDEN}, name
        assert told(leader, url) == names, name


@pytest.mark.parametrize("who", LEADERS)
def test_managers_and_owners_read_all(as_: As, cast: Cast, ada: Reservation, who: str) -> None:
    client = as_(getattr(cast, who))
    for name, (url, names) in pages(ada).items():
        assert told(client, url) == names, name


def test_tags_for_everybody_are_told_to_all(as_: As, cast: Cast, ada: Reservation) -> None:
    """The same without the mark: it is that which hides."""
    GuestTag.objects.update(for_managers=False)
    for name, (url, names) in pages(ada).items():
        assert told(as_(cast.viewer), url) == names, name


def test_words_of_programs_are_read_by_all(as_: As, cast: Cast, ada: Reservation) -> None:
    assert "A word of a program" in as_(cast.viewer).get(guest_url(ada)).content.decode()


def test_a_tablet_shows_what_the_person_at_it_may_read(
    at_tablet: AtTablet, cast: Cast, ada: Reservation
) -> None:
    by_pin, host = at_tablet(cast.manager), at_tablet(cast.host)
    for name, (url, names) in pages(ada).items():
        assert told(by_pin, url) == names, name
        assert told(host, url) == names - {*HIDDEN}, name


def test_who_manages_another_house_of_the_group_is_a_host_here(
    as_: As, cast: Cast, house: Restaurant, ada: Reservation
) -> None:
    sister = make_bella(tables=1, organization=house.organization, name="Sister", slug="sister")
    Membership.objects.create(user=cast.host, restaurant=sister, role=Role.MANAGER)
    assert told(as_(cast.host), guest_url(ada)) == {"Journalist"}
    there = guest_url(ada).replace("/bella/", "/sister/")
    assert told(as_(cast.host), there) == {"Journalist", "Litigious"}


# The stand


def pieces(client: Client, stamp: str = "") -> tuple[str, str]:
    """The pieces a browser with this stamp gets, as text, and the new stamp."""
    answer = client.get(f"{STAND}fragment/", {**ON, "stamp": stamp}).json()
    return json.dumps(answer.get("pieces", [])), answer["stamp"]


def test_a_screen_that_showed_more_is_sent_the_row_anew(
    as_: As, cast: Cast, ada: Reservation
) -> None:
    manager, host = as_(cast.manager), as_(cast.host)
    shown, stamp = pieces(manager)
    assert 'tag\\">Complains' in shown
    assert "bayside complains" in shown or "complains bayside" in shown
    row, theirs = pieces(host, stamp)
    assert f'id=\\"p-{ada.pk}\\"' in row
    assert "complains" not in row.casefold()
    assert 'tag\\">Bayside' in row
    # And the other way round.
    assert "Complains" in pieces(manager, theirs)[0]
    assert pieces(host, theirs) == ("[]", theirs)


def test_a_tag_that_is_hidden_now_goes_from_open_screens(
    as_: As, cast: Cast, house: Restaurant, ada: Reservation
) -> None:
    host = as_(cast.host)
    stamp = pieces(host)[1]
    tag = GuestTag.objects.get(name="Bayside")
    hidden = TagValues("Bayside", for_managers=True)
    save_tag(house.organization_id, hidden, by=MAX, public_id=tag.public_id)
    row, after = pieces(host, stamp)
    assert (f'id=\\"p-{ada.pk}\\"' in row, "bayside" in row.casefold()) == (True, False)
    assert after != stamp


def tap(client: Client, row: Reservation, *tags: str, once: str = "one") -> Any:
    said = {"do": f"tag {row.public_id} {fresh(row).version}", "tag": list(tags), "once": once}
    return client.post(f"{STAND}do/", said | ON, headers={"X-Stand": "1"})


def test_what_a_host_saves_leaves_hidden_tags_on_and_undo_restores(
    as_: As, cast: Cast, ada: Reservation
) -> None:
    host = as_(cast.host)
    answer = tap(host, ada).json()
    assert answer["ok"] is True
    assert "complains" not in json.dumps(answer).casefold()
    assert fresh(ada).tags == ["Complains"]
    undone = host.post(
        f"{STAND}undo/", {"token": answer["undo"]["token"], **ON}, headers={"X-Stand": "1"}
    )
    assert undone.json()["said"] == "Undone: Ada: tags saved"
    assert "complains" not in folded(undone)
    assert fresh(ada).tags == ["Complains", "Bayside"]


def test_a_host_takes_back_what_a_manager_did_and_is_told_no_name(
    as_: As, cast: Cast, ada: Reservation
) -> None:
    answer = tap(as_(cast.manager), ada).json()
    assert fresh(ada).tags == []
    token = {"token": answer["undo"]["token"], **ON}
    undone = as_(cast.host).post(f"{STAND}undo/", token, headers={"X-Stand": "1"})
    assert undone.status_code == 200
    assert "complains" not in folded(undone)
    assert fresh(ada).tags == ["Complains", "Bayside"]


def test_a_hidden_name_is_as_unknown_as_any(as_: As, cast: Cast, ada: Reservation) -> None:
    for name in ("Complains", "Whatever"):
        answer = tap(as_(cast.host), ada, name, once=name)
        assert answer.status_code == 409
        said = answer.json()["said"]
        assert said == f"There is no tag “{name}” for visits."
    assert fresh(ada).tags == ["Complains", "Bayside"]
    given = tap(as_(cast.manager), ada, "Complains")
    assert given.status_code == 200
    assert fresh(ada).tags == ["Complains"]


def test_a_manager_at_a_tablet_gives_them(
    at_tablet: AtTablet, cast: Cast, ada: Reservation
) -> None:
    tap(at_tablet(cast.manager), ada, "Complains")
    assert fresh(ada).tags == ["Complains"]


def test_the_form_of_a_new_booking_and_the_film(as_: As, cast: Cast, ada: Reservation) -> None:
    form = f"{STAND}new/?date={DATE}&who=Ada"
    assert told(as_(cast.manager), form) == {"Journalist", "Litigious"}
    assert told(as_(cast.host), form) == {"Journalist"}
    stand.arrive(ada.public_id, expected=ada.version, by=HOST)
    for user in (cast.manager, cast.host):
        assert told(as_(user), f"{STAND}replay/?date={DATE}") == set()


def test_a_vip_by_a_hidden_tag_is_none_in_the_film(as_: As, cast: Cast, ada: Reservation) -> None:
    GuestTag.objects.filter(name="Litigious").update(name="VIP")
    Customer.objects.update(tags=["VIP"])
    stand.seat(ada.public_id, expected=ada.version, by=HOST)
    url = f"{STAND}replay/frame/?date={DATE}&n=99"
    assert "#star" in folded(as_(cast.manager).get(url))
    assert "#star" not in folded(as_(cast.host).get(url))


def test_it_takes_managers_no_query_and_others_one(as_: As, cast: Cast, ada: Reservation) -> None:
    host = as_(cast.host)
    Membership.objects.filter(user=cast.manager).update(role=Role.HOST)
    other = as_(cast.manager)

    def asked(client: Client) -> int:
        client.get(STAND, ON)
        with CaptureQueriesContext(connection) as queries:
            client.get(STAND, ON)
        return sum("customers_guesttag" in each["sql"] for each in queries)

    assert (asked(host), asked(other)) == (1, 1)
    Membership.objects.filter(user=cast.manager).update(role=Role.MANAGER)
    assert asked(other) == 0


# Guests


def record(row: Reservation, *tags: str) -> dict[str, object]:
    return {"name": "Ada", "phone": "+12125550123", "email": "", "tags": list(tags)}


def tags_of(row: Reservation) -> list[str]:
    assert row.customer_id is not None
    return Customer.objects.get(pk=row.customer_id).tags


def test_a_guest_saved_by_a_host_keeps_what_the_form_could_not_show(
    as_: As, cast: Cast, ada: Reservation
) -> None:
    host, edit = opened(as_(cast.host)), guest_url(ada, "edit/")
    assert told(host, edit) == {"Journalist"}
    assert told(as_(cast.manager), edit) == {"Journalist", "Litigious"}
    assert host.post(edit, record(ada, "Journalist", "A word of a program")).status_code == 302
    assert tags_of(ada) == ["Litigious", "Journalist", "A word of a program"]
    assert host.post(edit, record(ada)).status_code == 302
    assert tags_of(ada) == ["Litigious"]
    assert opened(as_(cast.manager)).post(edit, record(ada)).status_code == 302
    assert tags_of(ada) == []


def test_a_hidden_tag_is_no_choice_of_a_host(as_: As, cast: Cast, ada: Reservation) -> None:
    edit = guest_url(ada, "edit/")
    for name in ("Litigious", "Whatever"):
        answer = opened(as_(cast.host)).post(edit, record(ada, name))
        assert answer.status_code == 422
        assert f"Select a valid choice. {name} is not one" in answer.content.decode()
    assert tags_of(ada) == ["Litigious", "Journalist", "A word of a program"]
    assert opened(as_(cast.manager)).post(edit, record(ada, "Litigious")).status_code == 302
    assert tags_of(ada) == ["Litigious"]


def test_guests_are_not_found_by_a_hidden_tag(
    as_: As, cast: Cast, house: Restaurant, ada: Reservation
) -> None:
    Customer.objects.create(organization=house.organization, name="Bob", phone="+12125550124")

    def found(user: User, tag: str) -> list[str]:
        page = as_(user).get(f"{HOUSE}guests/", {"tag": tag}).content.decode()
        return [name for name in ("Ada", "Bob") if re.search(rf">\s*{name}\s*<", page)]

    assert found(cast.manager, "Litigious") == ["Ada"]
    assert found(cast.host, "Journalist") == ["Ada"]
    # What is no tag narrows nothing down.
    assert found(cast.host, "Litigious") == found(cast.host, "Whatever") == ["Ada", "Bob"]


# The page of the tags, and what is written down


def is_hidden(name: str) -> bool:
    return GuestTag.objects.get(name=name).for_managers


def test_a_manager_makes_one_and_opens_it_to_all(as_: As, cast: Cast, house: Restaurant) -> None:
    client = as_(cast.manager)
    page = client.get(TAGS).content.decode()
    assert 'name="for_managers"' in page
    assert 'class="locked"' not in page
    said = {"name": "Sues", "kind": "guest", "category": "", "colour": "red"}
    assert client.post(TAGS, said | {"for_managers": "on"}).status_code == 302
    tag = GuestTag.objects.get(name="Sues")
    assert is_hidden("Sues")
    page = client.get(TAGS).content.decode()
    assert re.search(r'class="locked"><svg.*#lock"/></svg>\s*Only managers see it</span>', page)
    one = client.get(f"{TAGS}{tag.public_id}/")
    assert re.search(r'name="for_managers"[^>]* checked', one.content.decode())
    shown = {"shown": one.context["shown"]}
    assert client.post(f"{TAGS}{tag.public_id}/", said | shown).status_code == 302
    assert not is_hidden("Sues")
    assert client.post(TAGS, said | {"name": "Open"}).status_code == 302
    assert not is_hidden("Open")


def test_the_log_with_the_names_is_for_managers(as_: As, cast: Cast, ada: Reservation) -> None:
    tap(as_(cast.manager), ada)
    # What was done to the visit, and that two tags are for managers.
    assert told(as_(cast.manager), f"{HOUSE}log/") == {"Bayside", *HIDDEN}
    for user in (cast.host, cast.server, cast.viewer):
        for page in ("log/", "log/?q=Complains", "log.csv", "guests/tags/"):
            assert as_(user).get(f"{HOUSE}{page}").status_code in (403, 404), page
        for page in ("json/", "csv/", "merge/"):
            assert as_(user).get(guest_url(ada, page)).status_code in (403, 404), page


@pytest.mark.django_db(transaction=True)
def test_what_is_told_as_it_happens_has_no_names(as_: As, cast: Cast, ada: Reservation) -> None:
    host = as_(cast.host)
    after = str(now_mark())
    tap(as_(cast.manager), ada)
    heard = host.get(f"{STAND}changes", {"after": after})
    assert [each["verb"] for each in heard.json()["events"]] == ["reservation.tagged"]
    assert "complains" not in folded(heard)


def test_the_sheet_marks_them_so_that_paper_has_none(as_: As, cast: Cast, ada: Reservation) -> None:
    page = as_(cast.manager).get(f"{HOUSE}sheet/{DATE}/").content.decode()
    marked = re.findall(r'label-tag--locked"[^>]*>.*?</svg>\s*(\w+)', page)
    assert sorted(set(marked)) == ["Complains", "Litigious"]


def labels_on(page: str) -> list[tuple[str, bool]]:
    """The labels of a page in order, and whether each is marked as for managers."""
    found = re.findall(r'class="label-tag ([^"]*)"[^>]*>(?:<svg.*?</svg>)?\s*([^<]+)', page)
    return [(text.strip(), "label-tag--locked" in marks) for marks, text in found]


def test_the_sheet_marks_a_hidden_tag_however_it_is_written_or_was_called(
    as_: As, cast: Cast, house: Restaurant, ada: Reservation
) -> None:
    tag = GuestTag.objects.get(name="Litigious")
    save_tag(house.organization_id, TagValues("Careful"), by=MAX, public_id=tag.public_id)
    guest, visit = ["CAREFUL", "Litigious", "JOURNALIST", "Word"], ["Grumbled once", "Bayside"]
    Customer.objects.filter(reservations=ada).update(tags=guest)
    Reservation.objects.filter(pk=ada.pk).update(tags=visit)
    marked = [
        *(("Grumbled once", True), ("Bayside", False)),
        *(("CAREFUL", True), ("Litigious", True), ("JOURNALIST", False), ("Word", False)),
    ]
    page = as_(cast.manager).get(f"{HOUSE}sheet/{DATE}/").content.decode()
    assert [each for each in labels_on(page) if each in marked] == marked
    for url in (guest_url(ada), f"{HOUSE}guests/"):
        page = as_(cast.manager).get(url).content.decode()
        assert [each for each in labels_on(page) if each in marked] == marked[2:], url
    told_to_hosts = labels_on(as_(cast.host).get(f"{HOUSE}sheet/{DATE}/").content.decode())
    assert {("Bayside", False), ("Word", False)} <= {*told_to_hosts}
    assert not {text for text, is_marked in told_to_hosts if is_marked}


def test_a_guests_word_that_is_a_hidden_tag_of_visits_is_marked_too(
    as_: As, cast: Cast, ada: Reservation
) -> None:
    """Hosts do not read it, so it is not printed either."""
    Customer.objects.filter(reservations=ada).update(tags=["complains"])
    for url in (guest_url(ada), f"{HOUSE}guests/", f"{HOUSE}sheet/{DATE}/"):
        assert ("complains", True) in labels_on(as_(cast.manager).get(url).content.decode()), url
        assert "complains" not in folded(as_(cast.host).get(url)), url


MARK = r'class="[^"]*tag-locked" title="Only managers see it"><svg[^>]*><use[^>]*#lock"/></svg>'
SAID = r'<span class="visually-hidden"> \(Only managers see it\)</span></span>'


def test_managers_see_in_the_drawer_which_tags_are_hidden(
    as_: As, cast: Cast, ada: Reservation
) -> None:
    Reservation.objects.filter(pk=ada.pk).update(tags=["Complains", "Bayside", "Grumbled once"])
    url = f"{STAND}drawer/?date={DATE}&party={ada.public_id}"
    page = as_(cast.manager).get(url).content.decode()
    locked = re.findall(rf"{MARK}([^<]+){SAID}", page)
    # The ticks, then the tags of the visit and of the guest.
    assert locked == ["Complains", "Grumbled once", "Complains", "Grumbled once", "Litigious"]
    for name in ("Bayside", "Journalist", "A word of a program"):
        assert f'<span class="tag">{name}</span>' in page
    assert 'name="tag" value="Bayside" checked>Bayside' in page
    for user in (cast.host, cast.viewer):
        page = as_(user).get(url).content.decode()
        assert "#lock" not in page
        assert '<span class="tag">Bayside</span>' in page


def test_the_drawer_asks_no_more_than_before(as_: As, cast: Cast, ada: Reservation) -> None:
    url = f"{STAND}drawer/?date={DATE}&party={ada.public_id}"
    for user, number in ((cast.manager, 1), (cast.host, 2), (cast.viewer, 1)):
        client = as_(user)
        client.get(url)
        with CaptureQueriesContext(connection) as queries:
            client.get(url)
        assert sum("customers_guesttag" in each["sql"] for each in queries) == number


def test_managers_see_in_the_form_of_a_guest_which_tags_are_hidden(
    as_: As, cast: Cast, ada: Reservation
) -> None:
    Customer.objects.filter(reservations=ada).update(tags=["LITIGIOUS", "Word"])
    page = as_(cast.manager).get(guest_url(ada, "edit/")).content.decode()
    found = re.findall(
        r'tick__text locked"><svg.*?#lock"/></svg>\s*([^<]+)<span[^>]*>([^<]+)', page
    )
    said = " (Only managers see it)"
    assert found == [("Litigious", said), ("LITIGIOUS", said)]
    assert re.search(r'tick__text">Word</span>', page)
    page = as_(cast.host).get(guest_url(ada, "edit/")).content.decode()
    assert "(Only managers see it)" not in page
    assert re.search(r'tick__text">Word</span>', page)


def test_a_name_is_kept_composed_and_is_one_that_is_seen(
    as_: As, cast: Cast, house: Restaurant
) -> None:
    client = as_(cast.manager)
    said = {"kind": "guest", "category": "", "colour": "red", "for_managers": "on"}
    # Forty-one signs that are stored as forty.
    assert client.post(TAGS, said | {"name": "e\u0301" + "x" * 39}).status_code == 302
    assert GuestTag.objects.get().name == "\u00e9" + "x" * 39
    for name in ("\u200b", "\u0958" * 40):
        assert client.post(TAGS, said | {"name": name}).status_code == 422
    assert client.post(TAGS, said | {"name": "E\u0301" + "X" * 39}).status_code == 422
