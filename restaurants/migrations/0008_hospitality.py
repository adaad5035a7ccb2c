
import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('restaurants', '0007_average_spend'),
    ]

    operations = [
        migrations.CreateModel(
            name='HappyHour',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(choices=[(0, 'Monday'), (1, 'Tuesday'), (2, 'Wednesday'), (3, 'Thursday'), (4, 'Friday'), (5, 'Saturday'), (6, 'Sunday')]), size=None)),
                ('starts', models.TimeField()),
                ('ends', models.TimeField(help_text='At or before the start: the next morning.')),
            ],
            options={
                'ordering': ['restaurant', 'starts', 'id'],
            },
        ),
        migrations.CreateModel(
            name='SeasonalHours',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('name', models.CharField(help_text='Such as Summer hours.', max_length=60)),
                ('first_month', models.PositiveSmallIntegerField(choices=[(1, 'January'), (2, 'February'), (3, 'March'), (4, 'April'), (5, 'May'), (6, 'June'), (7, 'July'), (8, 'August'), (9, 'September'), (10, 'October'), (11, 'November'), (12, 'December')])),
                ('last_month', models.PositiveSmallIntegerField(choices=[(1, 'January'), (2, 'February'), (3, 'March'), (4, 'April'), (5, 'May'), (6, 'June'), (7, 'July'), (8, 'August'), (9, 'September'), (10, 'October'), (11, 'November'), (12, 'December')], help_text='Before the first: into the next year.')),
                ('changes', models.CharField(help_text='Shown to guests.', max_length=200)),
            ],
            options={
                'verbose_name_plural': 'seasonal hours',
                'ordering': ['restaurant', 'first_month', 'id'],
            },
        ),
        migrations.AddField(
            model_name='diningroom',
            name='private_hire',
            field=models.BooleanField(db_default=False, default=False, help_text='Can be hired as a whole.'),
        ),
        migrations.AddField(
            model_name='restaurant',
            name='private_hire_notice_hours',
            field=models.PositiveSmallIntegerField(db_default=48, default=48, help_text='Shortest notice for hiring a room.'),
        ),
        migrations.AddField(
            model_name='specialday',
            name='kitchen_closes',
            field=models.TimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='specialday',
            name='kitchen_opens',
            field=models.TimeField(blank=True, help_text="Empty: the kitchen keeps the day's own hours.", null=True),
        ),
        migrations.AddConstraint(
            model_name='specialday',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('kitchen_closes__isnull', True), ('kitchen_opens__isnull', True)), models.Q(('kitchen_closed', False), ('kitchen_closes__isnull', False), ('kitchen_opens__isnull', False)), _connector='OR'), name='special_day_kitchen_times', violation_error_message='A kitchen that is closed has no hours, and one with hours has both.'),
        ),
        migrations.AddField(
            model_name='happyhour',
            name='restaurant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='happy_hours', to='restaurants.restaurant'),
        ),
        migrations.AddField(
            model_name='seasonalhours',
            name='restaurant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='seasons', to='restaurants.restaurant'),
        ),
        migrations.AddConstraint(
            model_name='happyhour',
            constraint=models.CheckConstraint(condition=models.Q(('weekdays__len__gt', 0), ('weekdays__contained_by', [0, 1, 2, 3, 4, 5, 6])), name='happy_hour_weekdays'),
        ),
        migrations.AddConstraint(
            model_name='seasonalhours',
            constraint=models.UniqueConstraint(fields=('restaurant', 'name'), name='season_name_once'),
        ),
        migrations.AddConstraint(
            model_name='seasonalhours',
            constraint=models.CheckConstraint(condition=models.Q(('first_month__range', (1, 12)), ('last_month__range', (1, 12))), name='season_months'),
        ),
    ]
