
import django.contrib.postgres.fields
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0003_records'),
        ('payments', '0002_plan_version'),
        ('reservations', '0010_sources'),
        ('restaurants', '0008_hospitality'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='reservation',
            name='celebration',
            field=models.CharField(blank=True, db_default='', default='', help_text="In the guest's words.", max_length=60),
        ),
        migrations.AddField(
            model_name='reservation',
            name='dietary',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=60), blank=True, db_default=models.Value('{}'), default=list, help_text="What the party eats or does not: vegetarian, halal, in the guest's words.", size=None),
        ),
        migrations.AddField(
            model_name='reservation',
            name='turn_minutes',
            field=models.PositiveSmallIntegerField(blank=True, help_text="Agreed with this party; empty is the house's rule.", null=True),
        ),
        migrations.AddConstraint(
            model_name='reservation',
            constraint=models.CheckConstraint(condition=models.Q(('turn_minutes', None), ('turn_minutes__range', (15, 720)), _connector='OR'), name='reservation_turn_minutes'),
        ),
    ]
