"""What is booked with a table, and whom it is booked for, on holds and reservations."""

from __future__ import annotations

import django.db.models.deletion
import django.db.models.functions.text
from django.db import migrations, models

NAME_OFFERS = """
UPDATE reservations_reservation b SET offer_name = o.name
FROM restaurants_offer o WHERE o.id = b.offer_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("reservations", "0014_payment_kinds"),
        ("restaurants", "0009_offers_in_the_plan"),
    ]

    operations = [
        migrations.AddField(
            model_name="hold",
            name="diner_email",
            field=models.EmailField(
                blank=True, db_default="", default="", max_length=254, verbose_name="their e-mail"
            ),
        ),
        migrations.AddField(
            model_name="hold",
            name="diner_name",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="When somebody else booked; empty is whoever booked.",
                max_length=120,
                verbose_name="who comes",
            ),
        ),
        migrations.AddField(
            model_name="hold",
            name="diner_phone",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=20, verbose_name="their telephone"
            ),
        ),
        migrations.AddField(
            model_name="hold",
            name="offer",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="restaurants.offer",
            ),
        ),
        migrations.AddField(
            model_name="hold",
            name="offer_name",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="As told when booking",
                max_length=80,
            ),
        ),
        migrations.AddField(
            model_name="hold",
            name="offer_per_person",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="hold",
            name="offer_price",
            field=models.DecimalField(
                blank=True,
                decimal_places=3,
                help_text="As told when booking",
                max_digits=9,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="diner_email",
            field=models.EmailField(
                blank=True, db_default="", default="", max_length=254, verbose_name="their e-mail"
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="diner_name",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="When somebody else booked; empty is whoever booked.",
                max_length=120,
                verbose_name="who comes",
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="diner_phone",
            field=models.CharField(
                blank=True, db_default="", default="", max_length=20, verbose_name="their telephone"
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="offer_name",
            field=models.CharField(
                blank=True,
                db_default="",
                default="",
                help_text="As told when booking",
                max_length=80,
            ),
        ),
        migrations.AddField(
            model_name="reservation",
            name="offer_per_person",
            field=models.BooleanField(db_default=True, default=True),
        ),
        migrations.AddField(
            model_name="reservation",
            name="offer_price",
            field=models.DecimalField(
                blank=True,
                decimal_places=3,
                help_text="As told when booking",
                max_digits=9,
                null=True,
            ),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(
                django.db.models.functions.text.Lower("diner_email"),
                condition=models.Q(("diner_email", ""), _negated=True),
                name="reservation_for_email",
            ),
        ),
        migrations.AddIndex(
            model_name="reservation",
            index=models.Index(
                condition=models.Q(("diner_phone", ""), _negated=True),
                fields=["diner_phone"],
                name="reservation_for_phone",
            ),
        ),
        migrations.RunSQL(NAME_OFFERS, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("diner_name", ""), _negated=True),
                    models.Q(("diner_email", ""), ("diner_phone", "")),
                    _connector="OR",
                ),
                name="hold_diner",
            ),
        ),
        migrations.AddConstraint(
            model_name="hold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("offer_name", ""), _negated=True),
                    models.Q(("offer", None), ("offer_price", None)),
                    _connector="OR",
                ),
                name="hold_offer",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("diner_name", ""), _negated=True),
                    models.Q(("diner_email", ""), ("diner_phone", "")),
                    _connector="OR",
                ),
                name="reservation_diner",
            ),
        ),
        migrations.AddConstraint(
            model_name="reservation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("offer_name", ""), _negated=True),
                    models.Q(("offer", None), ("offer_price", None)),
                    _connector="OR",
                ),
                name="reservation_offer",
            ),
        ),
    ]
