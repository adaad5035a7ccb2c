"""Paying through PayPal in a real browser, with a stand-in for the page where guests approve.

It answers at PayPal's own name, as far as this browser knows: what the page's policy lets a form
lead to is part of what is tested.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import ssl
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID
from playwright.sync_api import Browser, Page, expect
from pytest_django import Settings
from pytest_django.live_server_helper import LiveServer

from payments.models import Payment
from reservations.models import Reservation
from reservations.services.payment_requests import pay_token
from restaurants.models import Restaurant
from tests.e2e.conftest import DESK, PATIENCE, PHONE, Visit, another
from tests.e2e.test_accessibility import violations
from tests.e2e.test_booking import TIMES, fill_in, fits, hold
from tests.e2e.test_journey import BOOKED, title
from tests.payments.gateways import paypals_books
from tests.payments.gateways.paypals_books import PayPalsBooks
from tests.reservations.money import asked

PAYPAL = "www.sandbox.paypal.com"
phone_and_desk = pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["phone", "desk"])

_PAGE = (
    "<!doctype html><html lang=en><title>PayPal stand-in</title><h1>Log in to PayPal</h1>"
    '<p><a href="/approve?token={token}">Agree and continue</a></p>'
    '<p><a href="/cancel?token={token}">Cancel and return</a></p>'
)


@dataclass
class ApprovalPage:
    """PayPal's page: agreeing approves the order; both ways lead back to where we said."""

    server: ThreadingHTTPServer
    books: PayPalsBooks | None = None
    seen: list[str] = field(default_factory=list)

    def answer(self, path: str) -> tuple[int, str]:
        """Status, and the page or where to go."""
        parts = urlsplit(path)
        if parts.path == "/favicon.ico":
            return 200, ""
        token = parse_qs(parts.query).get("token", [""])[0]
        if self.books is None or token not in self.books.orders:
            return 404, "<!doctype html><title>No order</title>"
        self.seen.append(parts.path)
        if parts.path == "/checkoutnow":
            return 200, _PAGE.format(token=token)
        back = f"{self._return_url()}?token={token}"
        if parts.path == "/cancel":
            return 302, back
        self.books.orders[token]["status"] = "APPROVED"
        return 302, f"{back}&PayerID=QYR5Z8XDVJNXQ"

    def _return_url(self) -> str:
        assert self.books is not None
        call = self.books.judge.posts("/v2/checkout/orders")[-1]
        context = call.body["payment_source"]["paypal"]["experience_context"]
        return str(context["return_url"])


@pytest.fixture(scope="module")
def stand_in(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApprovalPage]:
    """The page, on the loopback and with a certificate that nobody has to trust."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, said = found.answer(self.path)
            body = said.encode() if status != 302 else b""
            self.send_response(status)
            if status == 302:
                self.send_header("Location", said)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(tmp_path_factory.mktemp("paypal")))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    found = ApprovalPage(server)
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    yield found
    server.shutdown()
    server.server_close()


def _certificate(folder: Path) -> Path:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, PAYPAL)])
    now = dt.datetime.now(dt.UTC)
    names: list[x509.GeneralName] = [
        x509.DNSName(PAYPAL),
        x509.IPAddress(ipaddress.ip_address("127.0.0.1")),
    ]
    signed = (
        x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, SHA256())
    )
    path = folder / "stand-in.pem"
    plain = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    path.write_bytes(plain + signed.public_bytes(Encoding.PEM))
    return path


@pytest.fixture
def house(
    venue: Restaurant,
    paypal: PayPalsBooks,
    stand_in: ApprovalPage,
    settings: Settings,
    live_server: LiveServer,
) -> Restaurant:
    """Bella Notte, paid through PayPal."""
    settings.PUBLIC_URL = live_server.url
    paypals_books.make_account(venue)
    stand_in.books = paypal
    stand_in.seen.clear()
    return venue


@pytest.fixture
def guest(chromium: Browser, stand_in: ApprovalPage, live_server: LiveServer) -> Iterator[Any]:
    """Opens a window that finds PayPal's page at the stand-in, and nothing else elsewhere."""
    port = stand_in.server.server_address[1]
    browser = another(chromium, f"--host-resolver-rules=MAP {PAYPAL}:443 127.0.0.1:{port}")
    visits: list[Visit] = []

    def start(viewport: dict[str, int]) -> Visit:
        options: dict[str, Any] = {"viewport": viewport, "reduced_motion": "reduce"}
        context = browser.new_context(**options, ignore_https_errors=True)
        context.set_default_timeout(PATIENCE)
        visits.append(Visit(context.new_page(), live_server.url).watch())
        return visits[-1]

    yield start
    for each in visits:
        each.page.context.close()
        assert each.complaints == []
        assert [url for url in each.elsewhere if f"//{PAYPAL}/" not in url] == []


def check(page: Page) -> None:
    """Back from PayPal: the page asks by itself, or by its button."""
    button = page.get_by_role("button", name="Check the payment again")
    if button.is_visible():
        button.click()


@phone_and_desk
def test_a_guest_approves_at_paypal_and_has_a_table(
    guest: Any, house: Restaurant, paypal: PayPalsBooks, viewport: dict[str, int]
) -> None:
    page = guest(viewport).open(TIMES)
    hold(page)
    fill_in(page)
    assert fits(page)
    page.get_by_role("button", name="Pay with PayPal").click()
    expect(page.get_by_role("heading", name="Log in to PayPal")).to_be_visible()
    page.get_by_role("link", name="Agree and continue").click()
    check(page)
    title(page).to_have_text(BOOKED)
    assert len(paypal.captures) == 1
    assert (Payment.objects.get().status, Reservation.objects.get().status) == (
        "succeeded",
        "confirmed",
    )


@phone_and_desk
def test_a_guest_who_turns_back_at_paypal_keeps_the_table_and_can_pay_again(
    guest: Any, house: Restaurant, paypal: PayPalsBooks, viewport: dict[str, int]
) -> None:
    page = guest(viewport).open(TIMES)
    hold(page)
    hold_url = page.url
    fill_in(page)
    page.get_by_role("button", name="Pay with PayPal").click()
    page.get_by_role("link", name="Cancel and return").click()
    page.wait_for_url("**/hold/**")
    assert fits(page)
    assert Payment.objects.get().status == "action"
    assert paypal.captures == {}
    page.goto(hold_url)
    page.get_by_role("link", name="Go on to the payment").click()
    page.get_by_role("link", name="Agree and continue").click()
    check(page)
    title(page).to_have_text(BOOKED)
    assert len(paypal.captures) == 1


@phone_and_desk
def test_a_link_is_paid_through_paypal(
    guest: Any, house: Restaurant, paypal: PayPalsBooks, viewport: dict[str, int]
) -> None:
    request = asked(house)
    page = guest(viewport).open(f"/pay/{pay_token(request)}/")
    assert violations(page) == []
    page.get_by_role("button", name="Pay $50.00").click()
    page.get_by_role("link", name="Agree and continue").click()
    page.wait_for_url("**/pay/**")
    check(page)
    title(page).to_have_text("Thank you, this is paid")
    request.refresh_from_db()
    assert (request.status, len(paypal.captures)) == ("paid", 1)


def test_no_other_page_may_be_led_to(guest: Any, house: Restaurant, paypal: PayPalsBooks) -> None:
    """The negative control: without PayPal in the page's policy the browser goes nowhere."""
    from reservations.payment_forms import PayPalForm

    window = guest(DESK)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PayPalForm, "sources", {})
        page = window.open(TIMES)
        hold(page)
        fill_in(page)
        page.get_by_role("button", name="Pay with PayPal").click()
        page.wait_for_timeout(1500)
        assert PAYPAL not in page.url
    assert any("form-action" in said for said in window.complaints)
    window.complaints.clear()
