"""A booking in the wallet of a telephone: signed as Apple and Google want it, or not at all."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
import subprocess
import zipfile
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import jwt
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.types import CertificateIssuerPrivateKeyTypes
from cryptography.hazmat.primitives.serialization import pkcs7
from cryptography.x509.oid import NameOID
from django.http import HttpResponse
from django.test import Client
from PIL import Image
from pytest_django import Settings

from core.actors import SYSTEM
from reservations.models import Reservation
from reservations.services.links import issue_link, revoke_links
from restaurants.models import Restaurant
from tests.fixtures.domain import Clock
from tests.reservations.browser import Browser

pytestmark = pytest.mark.django_db

ISSUER = "3388000000022222222"
ROBOT = "passes@couvert.iam.gserviceaccount.com"
BEGINS, ENDS = dt.datetime(2025, 6, 1, tzinfo=dt.UTC), dt.datetime(2026, 6, 1, tzinfo=dt.UTC)


@dataclass(frozen=True)
class Authority:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: CertificateIssuerPrivateKeyTypes

    @property
    def pem(self) -> str:
        return self.certificate.public_bytes(serialization.Encoding.PEM).decode()

    def key_pem(self, password: bytes = b"") -> str:
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(password)
            if password
            else serialization.NoEncryption(),
        ).decode()


def certified(
    by: Authority | None, key: CertificateIssuerPrivateKeyTypes, **names: str
) -> Authority:
    """A certificate with these names, by an authority or by itself."""
    oids = {
        "user": NameOID.USER_ID,
        "name": NameOID.COMMON_NAME,
        "unit": NameOID.ORGANIZATIONAL_UNIT_NAME,
    }
    subject = x509.Name([x509.NameAttribute(oids[kind], text) for kind, text in names.items()])
    issuer = by.certificate.subject if by else subject
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(BEGINS)
        .not_valid_after(ENDS)
        .add_extension(
            x509.BasicConstraints(ca=names.get("unit") != "TEAM123456", path_length=None), True
        )
        .sign(by.key if by else key, hashes.SHA256())
    )
    return Authority(made, key)


@pytest.fixture(scope="module")
def chain() -> tuple[Authority, Authority, Authority]:
    """Root, intermediate ("WWDR") and the certificate of a pass type."""
    keys = [rsa.generate_private_key(public_exponent=65537, key_size=2048) for _ in range(3)]
    root = certified(None, keys[0], name="Root")
    middle = certified(root, keys[1], name="WWDR", unit="G4")
    own = certified(
        middle, keys[2], user="pass.com.example.couvert", name="Pass", unit="TEAM123456"
    )
    return root, middle, own


@pytest.fixture
def apple(settings: Settings, chain: tuple[Authority, Authority, Authority]) -> None:
    _, middle, own = chain
    settings.APPLE_PASS = (own.pem, own.key_pem(b"secret"), "secret", middle.pem)


@pytest.fixture(scope="module")
def robot() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture
def google(settings: Settings, robot: rsa.RSAPrivateKey) -> None:
    pem = robot.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    key_file = {"type": "service_account", "client_email": ROBOT, "private_key": pem.decode()}
    settings.GOOGLE_WALLET = (ISSUER, json.dumps(key_file))


@pytest.fixture
def token(clock: Clock, bella: Restaurant) -> str:
    """The link of a booking in New York, Saturday 15 November 2025 at 19:00."""
    Restaurant.objects.update(
        latitude=40.73, longitude=-73.99, accent="#0f5c55", address="1 Main St", city="New York"
    )
    Browser().book(bella)
    return issue_link(Reservation.objects.get().public_id)


def fetch(token: str, path: str = "pass.pkpass", language: str = "en") -> HttpResponse:
    answer: HttpResponse = Client(headers={"accept-language": language}).get(
        f"/booking/{token}/{path}"
    )  # type: ignore[assignment]
    return answer


def unpacked(answer: HttpResponse) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


# --- Apple ----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("apple")
def test_a_pass_says_what_was_booked_and_no_more_of_the_guest(token: str) -> None:
    row = Reservation.objects.get()
    answer = fetch(token)
    assert answer.headers["Content-Type"] == "application/vnd.apple.pkpass"
    assert answer.headers["Content-Disposition"] == f'attachment; filename="{row.code}.pkpass"'
    assert "no-store" in answer.headers["Cache-Control"]
    content = json.loads(unpacked(answer)["pass.json"])
    assert content == {
        "formatVersion": 1,
        "passTypeIdentifier": "pass.com.example.couvert",
        "teamIdentifier": "TEAM123456",
        "serialNumber": row.public_id,
        "organizationName": "Bella Notte",
        "description": "Table at Bella Notte",
        "logoText": "Bella Notte",
        "relevantDate": "2025-11-15T19:00:00-05:00",
        "relevantDates": [
            {"startDate": "2025-11-15T19:00:00-05:00", "endDate": "2025-11-15T21:00:00-05:00"}
        ],
        "expirationDate": "2025-11-15T21:00:00-05:00",
        "backgroundColor": "rgb(15, 92, 85)",
        "foregroundColor": "rgb(255, 255, 255)",
        "labelColor": "rgb(255, 255, 255)",
        "barcodes": [
            {
                "format": "PKBarcodeFormatQR",
                "message": f"http://testserver/booking/{token}/",
                "messageEncoding": "iso-8859-1",
                "altText": row.code,
            }
        ],
        "locations": [
            {"latitude": 40.73, "longitude": -73.99, "relevantText": "Table at Bella Notte"}
        ],
        "eventTicket": {
            "primaryFields": [
                {
                    "key": "when",
                    "label": "When",
                    "value": "2025-11-15T19:00:00-05:00",
                    "dateStyle": "PKDateStyleMedium",
                    "timeStyle": "PKDateStyleShort",
                    "ignoresTimeZone": True,
                }
            ],
            "secondaryFields": [
                {"key": "party", "label": "Party", "value": "2 guests"},
                {"key": "name", "label": "Guest", "value": "Ada"},
            ],
            "auxiliaryFields": [{"key": "code", "label": "Code", "value": row.code}],
            "backFields": [
                {"key": "address", "label": "Address", "value": "1 Main St, New York"},
                {
                    "key": "manage",
                    "label": "Change or cancel",
                    "value": f"http://testserver/booking/{token}/",
                },
            ],
        },
    }


@pytest.mark.usefixtures("apple")
def test_its_signature_holds_up_to_the_root(
    token: str, chain: tuple[Authority, Authority, Authority], tmp_path: Path
) -> None:
    files = unpacked(fetch(token))
    manifest = json.loads(files["manifest.json"])
    assert manifest == {
        name: hashlib.sha1(content, usedforsecurity=False).hexdigest()
        for name, content in files.items()
        if name not in ("manifest.json", "signature")
    }
    assert {"pass.json", "icon.png", "icon@2x.png", "logo.png"} <= set(manifest)
    root, middle, own = chain
    inside = pkcs7.load_der_pkcs7_certificates(files["signature"])
    assert {c.serial_number for c in inside} == {
        middle.certificate.serial_number,
        own.certificate.serial_number,
    }
    assert verifies(files["signature"], files["manifest.json"], root, tmp_path)
    # The negative controls: another manifest, and another root.
    assert not verifies(files["signature"], files["manifest.json"] + b" ", root, tmp_path)
    stranger = certified(
        None, rsa.generate_private_key(public_exponent=65537, key_size=2048), name="Root"
    )
    assert not verifies(files["signature"], files["manifest.json"], stranger, tmp_path)


def verifies(signature: bytes, manifest: bytes, root: Authority, folder: Path) -> bool:
    """What a telephone does, by OpenSSL: the signature, detached, by a chain to the root."""
    (folder / "signature").write_bytes(signature)
    (folder / "manifest").write_bytes(manifest)
    (folder / "root.pem").write_text(root.pem)
    command = (
        "openssl cms -verify -binary -inform DER -in signature -content manifest -CAfile root.pem"
    )
    at = str(int(dt.datetime(2025, 11, 10, tzinfo=dt.UTC).timestamp()))
    done = subprocess.run(
        [*command.split(), "-purpose", "any", "-attime", at, "-out", "/dev/null"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    return done.returncode == 0


@pytest.mark.usefixtures("apple")
def test_its_pictures_have_the_sizes_telephones_ask_for(token: str) -> None:
    files = unpacked(fetch(token))
    sizes = {
        name: Image.open(io.BytesIO(content)).size
        for name, content in files.items()
        if name.endswith(".png")
    }
    assert sizes == {
        "icon.png": (29, 29),
        "icon@2x.png": (58, 58),
        "icon@3x.png": (87, 87),
        "logo.png": (50, 50),
        "logo@2x.png": (100, 100),
    }


@pytest.mark.usefixtures("apple")
def test_it_speaks_french_and_greets_the_diner_somebody_booked_for(token: str) -> None:
    Reservation.objects.update(diner_name="Grace Hopper")
    content = json.loads(unpacked(fetch(token, language="fr"))["pass.json"])
    assert content["description"] == "Table chez Bella Notte"
    fields = content["eventTicket"]["secondaryFields"]
    assert fields[0]["value"] == "2 personnes"
    assert fields[1]["value"] == "Grace"
    everything = json.dumps(content)
    for private in ("Lovelace", "Hopper", "ada@", "Window"):
        assert private not in everything


# --- Google ---------------------------------------------------------------------------------------


@pytest.mark.usefixtures("google")
def test_the_link_to_google_is_signed_and_says_the_same(
    token: str, robot: rsa.RSAPrivateKey
) -> None:
    row = Reservation.objects.get()
    answer = fetch(token, "google-wallet/")
    assert answer.status_code == 302
    url = urlsplit(answer.headers["Location"])
    assert (url.scheme, url.netloc) == ("https", "pay.google.com")
    assert url.path.startswith("/gp/v/save/")
    signed = url.path.removeprefix("/gp/v/save/")
    assert len(signed) <= 1800, "what Google promises to take"
    claims = jwt.decode(
        signed,
        robot.public_key(),
        algorithms=["RS256"],
        audience="google",
        options={"verify_iat": False},
    )
    assert claims == {
        "iss": ROBOT,
        "aud": "google",
        "typ": "savetowallet",
        "iat": int(dt.datetime(2025, 11, 10, 17, tzinfo=dt.UTC).timestamp()),
        "origins": [],
        "payload": {
            "genericClasses": [{"id": f"{ISSUER}.couvert_reservation"}],
            "genericObjects": [
                {
                    "id": f"{ISSUER}.{row.public_id}",
                    "classId": f"{ISSUER}.couvert_reservation",
                    "state": "ACTIVE",
                    "cardTitle": said("Bella Notte"),
                    "header": said("Saturday 15 November 2025, 19:00"),
                    "subheader": said("2 guests"),
                    "hexBackgroundColor": "#0f5c55",
                    "barcode": {
                        "type": "QR_CODE",
                        "value": row.code,
                        "alternateText": row.code,
                    },
                    "validTimeInterval": {
                        "start": {"date": "2025-11-15T19:00:00-05:00"},
                        "end": {"date": "2025-11-15T21:00:00-05:00"},
                    },
                    "notifications": {"upcomingNotification": {"enableNotification": True}},
                    "textModulesData": [
                        {"id": "code", "header": "Code", "body": row.code},
                        {"id": "name", "header": "Guest", "body": "Ada"},
                    ],
                    "merchantLocations": [{"latitude": 40.73, "longitude": -73.99}],
                }
            ],
        },
    }
    assert token not in json.dumps(claims), "the link is for the guest alone"
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048).public_key()
    with pytest.raises(jwt.InvalidSignatureError):
        jwt.decode(signed, stranger, algorithms=["RS256"], audience="google")


def said(text: str) -> dict[str, object]:
    return {"defaultValue": {"language": "en", "value": text}}


@pytest.mark.usefixtures("google")
def test_a_long_name_leaves_out_what_a_pass_can_do_without(token: str) -> None:
    Restaurant.objects.update(name="Château Ñandú " * 8)
    signed = fetch(token, "google-wallet/").headers["Location"].rpartition("/")[2]
    assert len(signed) <= 1800
    claims = jwt.decode(signed, options={"verify_signature": False})
    (entry,) = claims["payload"]["genericObjects"]
    assert "merchantLocations" not in entry
    assert entry["barcode"]["alternateText"] == Reservation.objects.get().code


@pytest.mark.usefixtures("google")
def test_a_changed_booking_is_another_pass_for_google(token: str, robot: rsa.RSAPrivateKey) -> None:
    Reservation.objects.update(sequence=2)
    signed = fetch(token, "google-wallet/").headers["Location"].rpartition("/")[2]
    claims = jwt.decode(signed, options={"verify_signature": False})
    (entry,) = claims["payload"]["genericObjects"]
    assert entry["id"] == f"{ISSUER}.{Reservation.objects.get().public_id}-2"


# --- When there is none ---------------------------------------------------------------------------

BUTTONS = ("Add to Apple Wallet", "Add to Google Wallet")


def buttons(url: str, browser: Browser | None = None) -> list[str]:
    text = (browser or Browser()).get(url).text
    return [button for button in BUTTONS if button in text]


def test_without_a_certificate_there_is_neither_button_nor_pass(token: str) -> None:
    assert buttons(f"/booking/{token}/") == []
    for path in ("pass.pkpass", "google-wallet/"):
        answer = fetch(token, path)
        assert (answer.status_code, answer.headers["Location"]) == (302, f"/booking/{token}/")


@pytest.mark.usefixtures("apple")
def test_each_button_comes_with_its_own_settings(token: str) -> None:
    assert buttons(f"/booking/{token}/") == ["Add to Apple Wallet"]


@pytest.mark.usefixtures("google", "apple")
def test_both_stand_on_the_page_after_booking_too(clock: Clock, bella: Restaurant) -> None:
    browser = Browser().book(bella)
    assert buttons(browser.url, browser) == list(BUTTONS)


@pytest.mark.usefixtures("google", "apple")
def test_a_revoked_link_gives_no_pass(token: str) -> None:
    revoke_links(Reservation.objects.get().public_id, by=SYSTEM)
    for path in ("pass.pkpass", "google-wallet/"):
        answer = fetch(token, path)
        assert answer.status_code == 410
        assert "This link has been replaced" in answer.content.decode()
    for path in ("pass.pkpass", "google-wallet/"):
        assert fetch("x" * 27, path).status_code == 404


@pytest.mark.usefixtures("google", "apple")
@pytest.mark.parametrize("status", ["pending", "cancelled", "completed"])
def test_what_is_not_to_come_has_no_pass(token: str, status: str) -> None:
    Reservation.objects.update(status=status, cancelled_at="2025-11-10T17:00:00Z")
    assert buttons(f"/booking/{token}/") == []
    assert fetch(token).status_code == 302
    assert fetch(token, "google-wallet/").headers["Location"] == f"/booking/{token}/"


@pytest.mark.usefixtures("apple")
def test_an_expired_certificate_takes_the_button_away(token: str, clock: Clock) -> None:
    clock.set("2025-05-31T00:00:00Z")
    assert buttons(f"/booking/{token}/") == []


def test_what_cannot_sign_is_logged_once_and_costs_no_page(
    token: str,
    settings: Settings,
    chain: tuple[Authority, Authority, Authority],
    caplog: pytest.LogCaptureFixture,
) -> None:
    root, middle, own = chain
    curve = certified(middle, ec.generate_private_key(ec.SECP256R1()), user="pass.x", unit="T")
    broken = [
        ("not a certificate", own.key_pem(), "", middle.pem),
        (own.pem, "not a key", "", middle.pem),
        (own.pem, own.key_pem(b"secret"), "", middle.pem),
        (own.pem, own.key_pem(), "", ""),
        (own.pem, root.key_pem(), "", middle.pem),
        (curve.pem, curve.key_pem(), "", middle.pem),
        (middle.pem, middle.key_pem(), "", middle.pem),
    ]
    for values in broken:
        settings.APPLE_PASS = values
        assert [buttons(f"/booking/{token}/") for _ in range(2)] == [[], []]
    for key_file in ("{", "[]", '{"client_email": "a@b"}', '{"client_email":"","private_key":"x"}'):
        settings.GOOGLE_WALLET = (ISSUER, key_file)
        assert buttons(f"/booking/{token}/") == []
    said = [r.message for r in caplog.records if "are off" in r.message]
    assert len(said) == len(broken) + 4
    assert "PRIVATE KEY" not in caplog.text
