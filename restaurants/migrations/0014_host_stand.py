"""The host stand: caps on arrivals, pauses of online booking, minutes to clear a table."""

import django.core.validators
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0002_api_keys'),
        ('restaurants', '0013_reminders'),
    ]

    operations = [
        migrations.CreateModel(
            name='PacingCap',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service_date', models.DateField(help_text='The date it was set for.')),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('covers', models.PositiveSmallIntegerField(help_text='Most guests arriving per quarter of an hour.')),
                ('online_only', models.BooleanField(default=True, help_text='Staff may still book more.')),
            ],
            options={
                'ordering': ['restaurant', '-starts_at'],
            },
        ),
        migrations.AddField(
            model_name='closure',
            name='pauses',
            field=models.DateField(blank=True, editable=False, help_text='The service date whose online booking staff paused by it, at the host stand.', null=True),
        ),
        migrations.AddField(
            model_name='restaurant',
            name='reset_minutes',
            field=models.PositiveSmallIntegerField(blank=True, help_text='Minutes a table is cleared after its party left; empty is the time planned after each party.', null=True, validators=[django.core.validators.MaxValueValidator(60)]),
        ),
        migrations.AddConstraint(
            model_name='restaurant',
            constraint=models.CheckConstraint(condition=models.Q(('reset_minutes', None), ('reset_minutes__lte', 60), _connector='OR'), name='restaurant_reset_minutes'),
        ),
        migrations.AddField(
            model_name='pacingcap',
            name='restaurant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='caps', to='restaurants.restaurant'),
        ),
        migrations.AddConstraint(
            model_name='pacingcap',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='cap_range'),
        ),
        migrations.RunSQL(
            "CREATE TRIGGER plan_version AFTER INSERT OR UPDATE OR DELETE ON restaurants_pacingcap"
            " FOR EACH ROW EXECUTE FUNCTION couvert_plan_part_changed();",
            "DROP TRIGGER plan_version ON restaurants_pacingcap;",
        ),
    ]
