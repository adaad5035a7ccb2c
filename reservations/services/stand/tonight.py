"""What is done now belongs to tonight's list, and to the list of no other date."""

from __future__ import annotations

from django.utils.formats import date_format
from django.utils.translation import gettext

from reservations.errors import NotChangeable
from reservations.selectors.night import is_tonight
from reservations.services.stand.acting import Acting


def check_tonight(acting: Acting) -> None:
    """Raise NotChangeable unless it is the evening of that date now.

    Who is marked as here on the list of another date would have its table from now until then,
    out of sight of everybody who looks at tonight.
    """
    if not is_tonight(acting.house, acting.service_date, acting.at):
        words = {"date": date_format(acting.service_date, "j F")}
        raise NotChangeable(
            gettext(
                "This is the list of %(date)s, not tonight's. Who comes, sits down or leaves now"
                " is on tonight's list."
            )
            % words
        )
