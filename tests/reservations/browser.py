"""A guest's browser without JavaScript, for tests of pages."""

from __future__ import annotations

import datetime as dt
import re
from typing import Any

from django.test import Client

from restaurants.models import Restaurant

SATURDAY = dt.date(2025, 11, 15)
ADA = {
    "name": "Ada Lovelace",
    "email": "ada@example.com",
    "phone": "",
    "special_requests": "Window seat",
}
VISA = "tok_visa_4242"


class Browser:
    """A guest's browser: it follows redirects and remembers where it is."""

    def __init__(self, **options: Any) -> None:
        self.client = Client(**options)
        self.url = ""
        self.html = ""
        self.status = 0

    @property
    def text(self) -> str:
        """What the guest reads."""
        text = re.sub(r"<(script|style)\b.*?</\1>|<[^>]+>", " ", self.html, flags=re.DOTALL)
        return " ".join(text.replace("&#x27;", "'").replace("&amp;", "&").split())

    def get(self, url: str) -> Browser:
        """Open a page."""
        return self._arrive(self.client.get(url, follow=True))

    def post(self, url: str, **fields: object) -> Browser:
        """Send a form."""
        return self._arrive(self.client.post(url, fields, follow=True))

    def _arrive(self, response: Any) -> Browser:
        self.url = response.request["PATH_INFO"]
        self.html, self.status = response.content.decode(), response.status_code
        return self

    def hold(self, restaurant: Restaurant, time: str = "19:00", **more: object) -> Browser:
        """Choose a time and hold it."""
        fields = {"party": 2, "date": SATURDAY.isoformat(), "time": time} | more
        return self.post(f"/r/{restaurant.slug}/hold/", **fields)

    def confirm(self, card: str = VISA, **more: str) -> Browser:
        """Send the details of the hold this browser looks at."""
        return self.post(self.url, **(ADA | {"card": card} | more))

    def book(self, restaurant: Restaurant, **more: str) -> Browser:
        """Hold, then confirm with ``more`` details."""
        return self.hold(restaurant).confirm(**more)
