"""The queue at the door, and offers of tables that came free.

The version of a queue entry is the database's, like a reservation's: every change raises it.
"""

import core.ids
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import functools
from django.db import migrations, models


VERSION = """
CREATE FUNCTION couvert_queue_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;
CREATE TRIGGER queue_version BEFORE UPDATE ON reservations_queueentry
  FOR EACH ROW EXECUTE FUNCTION couvert_queue_version();
"""
NO_VERSION = """
DROP TRIGGER queue_version ON reservations_queueentry;
DROP FUNCTION couvert_queue_version();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('reservations', '0021_instants_of_the_past'),
        ('restaurants', '0016_waiting_minutes'),
    ]

    operations = [
        migrations.AddField(
            model_name='waitlistentry',
            name='lapsed_offers',
            field=models.PositiveSmallIntegerField(db_default=0, default=0, help_text='Offers it did not answer: it comes after those who have had none'),
        ),
        migrations.AddField(
            model_name='waitlistentry',
            name='looked_at',
            field=models.DateTimeField(blank=True, help_text='When a table was looked for', null=True),
        ),
        migrations.AddField(
            model_name='waitlistentry',
            name='verdict',
            field=models.CharField(blank=True, db_default='', help_text='What came of it; a code', max_length=20),
        ),
        migrations.AddField(
            model_name='waitlistentry',
            name='verdict_facts',
            field=models.JSONField(blank=True, db_default={}, default=dict),
        ),
        migrations.CreateModel(
            name='QueueEntry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('nonce', models.CharField(max_length=22)),
                ('digest', models.CharField(max_length=64, unique=True)),
                ('public_id', core.ids.PublicIdField(default=functools.partial(core.ids.public_id, *('queue',), **{}), editable=False, max_length=40, prefix='queue', unique=True)),
                ('service_date', models.DateField()),
                ('name', models.CharField(max_length=120)),
                ('party_size', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1)])),
                ('phone', models.CharField(blank=True, help_text='E.164, such as +12125550123', max_length=20)),
                ('email', models.EmailField(blank=True, help_text='In lower case', max_length=254)),
                ('language', models.CharField(max_length=10)),
                ('step_free', models.BooleanField(default=False)),
                ('note', models.CharField(blank=True, max_length=200)),
                ('status', models.CharField(choices=[('waiting', 'Waits'), ('called', 'Was told that its table is ready'), ('coming', 'Said that it comes to its table'), ('seated', 'Seated'), ('left', 'Left'), ('no_answer', 'Did not answer')], default='waiting', max_length=9)),
                ('quoted_minutes', models.PositiveSmallIntegerField(blank=True, help_text='What it was told; empty: nothing', null=True)),
                ('promised_at', models.DateTimeField(blank=True, null=True)),
                ('joined_at', models.DateTimeField()),
                ('called_at', models.DateTimeField(blank=True, null=True)),
                ('keep_until', models.DateTimeField(blank=True, help_text='Until then its table is kept', null=True)),
                ('answered_at', models.DateTimeField(blank=True, help_text='When the guest answered', null=True)),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('version', models.PositiveIntegerField(default=0, editable=False)),
                ('updated_at', models.DateTimeField()),
                ('reservation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='reservations.reservation')),
                ('restaurant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='queue', to='restaurants.restaurant')),
                ('room', models.ForeignKey(blank=True, db_index=False, help_text='Where it would like to sit', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='restaurants.diningroom')),
            ],
            options={
                'verbose_name_plural': 'queue entries',
                'ordering': ['restaurant', 'service_date', 'joined_at', 'id'],
            },
        ),
        migrations.AddField(
            model_name='tableblock',
            name='queue_entry',
            field=models.ForeignKey(blank=True, help_text='The party of the queue it is kept for', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='blocks', to='reservations.queueentry'),
        ),
        migrations.CreateModel(
            name='WaitFeedPlace',
            fields=[
                ('only', models.BooleanField(default=True, primary_key=True, serialize=False)),
                ('xid', models.BigIntegerField()),
                ('entry_id', models.BigIntegerField()),
                ('highest', models.BigIntegerField()),
                ('floor', models.BigIntegerField(default=0)),
                ('cluster', models.CharField(blank=True, max_length=30)),
                ('ceiling', models.BigIntegerField(default=0)),
                ('after', models.BigIntegerField(default=0)),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('only', True)), name='wait_feed_has_one_place')],
            },
        ),
        migrations.CreateModel(
            name='WaitLook',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service_date', models.DateField()),
                ('since', models.DateTimeField()),
                ('restaurant', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='restaurants.restaurant')),
            ],
            options={
                'ordering': ['since', 'id'],
            },
        ),
        migrations.CreateModel(
            name='WaitOffer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', core.ids.PublicIdField(default=functools.partial(core.ids.public_id, *('offer',), **{}), editable=False, max_length=40, prefix='offer', unique=True)),
                ('starts_at', models.DateTimeField()),
                ('status', models.CharField(choices=[('open', 'Waits for an answer'), ('accepted', 'The guest is booking it'), ('booked', 'Booked'), ('declined', 'The guest did not want it'), ('lapsed', 'Nobody answered in time')], default='open', max_length=9)),
                ('why', models.JSONField(default=dict, help_text='Why this party, and who was passed over')),
                ('made_at', models.DateTimeField()),
                ('expires_at', models.DateTimeField(help_text='To be answered until then')),
                ('closed_at', models.DateTimeField(blank=True, null=True)),
                ('entry', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='offers', to='reservations.waitlistentry')),
                ('hold', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, related_name='wait_offer', to='reservations.hold')),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.AddIndex(
            model_name='queueentry',
            index=models.Index(condition=models.Q(('status__in', ['waiting', 'called', 'coming'])), fields=['restaurant', 'service_date'], name='queue_live_of_day'),
        ),
        migrations.AddIndex(
            model_name='queueentry',
            index=models.Index(condition=models.Q(('status__in', ['waiting', 'called', 'coming']), models.Q(('phone', ''), _negated=True)), fields=['restaurant', 'phone'], name='queue_live_by_phone'),
        ),
        migrations.AddConstraint(
            model_name='queueentry',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['waiting', 'called', 'coming']), models.Q(('phone', ''), _negated=True)), fields=('restaurant', 'service_date', 'phone'), name='queue_once_per_phone'),
        ),
        migrations.AddConstraint(
            model_name='queueentry',
            constraint=models.CheckConstraint(condition=models.Q(('party_size__gte', 1)), name='queue_party'),
        ),
        migrations.AddConstraint(
            model_name='queueentry',
            constraint=models.CheckConstraint(condition=models.Q(('email', django.db.models.functions.text.Lower('email'))), name='queue_email_lower'),
        ),
        migrations.AddConstraint(
            model_name='queueentry',
            constraint=models.CheckConstraint(condition=models.Q(('phone', ''), ('phone__startswith', '+'), _connector='OR'), name='queue_phone_e164'),
        ),
        migrations.AddConstraint(
            model_name='queueentry',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status__in', ['called', 'coming']), _negated=True), ('called_at__isnull', False), _connector='OR'), name='queue_called_when'),
        ),
        migrations.AddConstraint(
            model_name='waitlook',
            constraint=models.UniqueConstraint(fields=('restaurant', 'service_date'), name='wait_look_once'),
        ),
        migrations.AddConstraint(
            model_name='waitoffer',
            constraint=models.UniqueConstraint(condition=models.Q(('status__in', ['open', 'accepted'])), fields=('entry',), name='offer_one_open'),
        ),
        migrations.AddConstraint(
            model_name='waitoffer',
            constraint=models.CheckConstraint(condition=models.Q(('expires_at__gt', models.F('made_at'))), name='offer_range'),
        ),
        migrations.RunSQL(VERSION, NO_VERSION),
    ]
