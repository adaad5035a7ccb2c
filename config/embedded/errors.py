"""What goes wrong with an embedded server, told so that a person knows the next step."""

from __future__ import annotations


class EmbeddedServiceError(Exception):
    """An embedded server cannot be used.

    Carries what happened and what to do about it. Deliberately not a subclass of Django's
    ``ImproperlyConfigured``: ``manage.py`` swallows that one for some commands.
    """

    def __init__(self, what: str, advice: str) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice

    def __str__(self) -> str:
        return f"{self.what}\n  What to do: {self.advice}"
