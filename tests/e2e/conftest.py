"""A real Chromium against a real server. Skipped, with a reason, where there is no browser."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright
from pytest_django.live_server_helper import LiveServer

from accounts.models import User
from restaurants.models import Restaurant
from tests import factories
from tests.fixtures.domain import Clock
from tests.fixtures.streams import session_of

_PLAYWRIGHTS_OWN = (
    "AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,HttpsUpgrades,"
    "HttpsFirstBalancedModeAutoEnable,LensOverlay,MediaRouter,PaintHolding,"
    "ThirdPartyStoragePartitioning,AvoidCorsURLLoaderRestartOnRedirect,OptimizationHints,"
    "NetworkTimeServiceQuerying,AimEnabled,PreconnectToSearch"
)
"""What it turns off; of two lists a browser follows the last."""

_OF_THE_BAR = "WebUIOmniboxPopup,WebUIOmniboxAimPopup,WebUIOmniboxFullPopup,PreloadTopChromeWebUI"
_AHEAD = "SpareRendererForSitePerProcess"
"""Each window would start three processes for one page: two of them for what nobody opens."""

# Nothing a browser does on its own account: no update, no sync, no look at the network.
_ARGUMENTS = [
    f"--disable-features={_PLAYWRIGHTS_OWN},{_OF_THE_BAR},{_AHEAD}",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE = 15_000
"""Milliseconds; only a machine with much else to do needs more than a few hundred."""

PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}


_running: dict[tuple[str, ...], Browser] = {}
"""By the arguments they were started with, besides the usual ones."""
_until_it_is_closed = ExitStack()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Each of these drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture
def chromium() -> Browser:
    """The browser: one for all tests that follow each other in a process."""
    if () not in _running:
        _running[()] = _until_it_is_closed.enter_context(_launched())
    return _running[()]


def another(chromium: Browser, *arguments: str) -> Browser:
    """One with these arguments besides, kept as long."""
    if arguments not in _running:
        browser = chromium.browser_type.launch(
            executable_path=_path(), args=[*_ARGUMENTS, *arguments]
        )
        _until_it_is_closed.callback(browser.close)
        _running[arguments] = browser
    return _running[arguments]


@pytest.hookimpl(trylast=True)
def pytest_runtest_teardown(nextitem: pytest.Item | None) -> None:
    """Close them before a test of something else meets Playwright's event loop."""
    if nextitem is None or Path(__file__).parent not in nextitem.path.parents:
        _running.clear()
        _until_it_is_closed.close()


def _path() -> str | None:
    return (
        os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
    )


@contextmanager
def _launched() -> Iterator[Browser]:
    """A browser, and Django told that Playwright's event loop in this thread is harmless."""
    path = _path()
    if path is None:
        pytest.skip("no Chromium on this machine (set CHROMIUM to its path)")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
        expect.set_options(timeout=PATIENCE)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=_ARGUMENTS)
            yield browser
            browser.close()


@dataclass
class Visit:
    """One browser window, and everything it complained about or asked other hosts for."""

    page: Page
    site: str
    complaints: list[str] = field(default_factory=list)
    elsewhere: list[str] = field(default_factory=list)

    def open(self, path: str) -> Page:
        """Go to a page of ours."""
        self.page.goto(f"{self.site}{path}")
        return self.page

    def sign_in(self, user: User) -> None:
        """Staff, from the next page on."""
        self.page.context.add_cookies(
            [{"name": "sessionid", "value": session_of(user), "url": self.site}]
        )

    def lose_the_network(self) -> None:
        """From now on nothing reaches the server, and the browser knows it."""
        if not self.page.evaluate("navigator.onLine"):
            pytest.skip("this machine has no network: its browser cannot be told that it is lost")
        self.page.context.set_offline(True)

    def watch(self) -> Visit:
        """Start to listen."""
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._request)
        return self

    def _console(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _request(self, request: Any) -> None:
        if not request.url.startswith((self.site, "data:")):
            self.elsewhere.append(request.url)


OpenVisit = Callable[..., Visit]


@pytest.fixture
def visit(chromium: Browser, live_server: LiveServer) -> Iterator[OpenVisit]:
    """Opens a window; at the end nothing may have been complained about or left the host."""
    contexts: list[BrowserContext] = []
    visits: list[Visit] = []

    def start(**options: Any) -> Visit:
        context = chromium.new_context(**({"viewport": DESK} | options))
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        visits.append(Visit(context.new_page(), live_server.url).watch())
        return visits[-1]

    yield start
    for context in contexts:
        context.close()
    assert [each.complaints for each in visits] == [[] for _ in visits]
    assert [each.elsewhere for each in visits] == [[] for _ in visits]


@pytest.fixture
def venue(clock: Clock, live_server: LiveServer) -> Restaurant:
    """Bella Notte with two tables and everything a page can show."""
    return factories.make_bella(
        tables=2,
        slug="bella-notte",
        name="Bella Notte",
        city="New York",
        address="234 Greenwich Ave",
        phone="+12125550142",
        cuisine=["Italian"],
        features=["Wine bar", "Garden"],
        description="Fresh pasta every morning.",
        cancellation_policy="Tell us early and somebody else gets your table.",
        rating="4.7",
        review_count=342,
    )
