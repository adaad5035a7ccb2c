"""How long tables are kept for guests of the waitlist and parties of the queue."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0003_sign_in_guards'),
        ('restaurants', '0015_floor_plans'),
    ]

    operations = [
        migrations.AddField(
            model_name='restaurant',
            name='offer_minutes',
            field=models.PositiveSmallIntegerField(db_default=15, default=15, help_text='How long a table that came free is kept for a guest of the waitlist; 0 offers none.', validators=[django.core.validators.MaxValueValidator(240)]),
        ),
        migrations.AddField(
            model_name='restaurant',
            name='queue_keep_minutes',
            field=models.PositiveSmallIntegerField(db_default=10, default=10, help_text='How long a table is kept for a party of the queue that was called.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(60)]),
        ),
        migrations.AddConstraint(
            model_name='restaurant',
            constraint=models.CheckConstraint(condition=models.Q(('offer_minutes__lte', 240)), name='restaurant_offer_minutes'),
        ),
        migrations.AddConstraint(
            model_name='restaurant',
            constraint=models.CheckConstraint(condition=models.Q(('queue_keep_minutes__range', (1, 60))), name='restaurant_queue_keep_minutes'),
        ),
    ]
