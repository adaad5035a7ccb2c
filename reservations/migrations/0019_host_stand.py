"""The host stand: versions, instants of the evening, servers, blocked tables, notes and undo.

The version of a reservation is the database's: whoever writes the row, in whatever way, raises it,
so that no change can be overlooked and none can be set back.
"""

import core.ids
import django.contrib.postgres.fields
import django.core.serializers.json
import django.db.models.deletion
import django.db.models.functions.text
import functools
from django.conf import settings
from django.db import migrations, models


VERSION = """
CREATE FUNCTION couvert_reservation_version() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
  was record;
BEGIN
  was := OLD;
  NEW.version := OLD.version;
  -- Nobody's work is in the way of these.
  was.marked_late_at := NEW.marked_late_at;
  was.updated_at := NEW.updated_at;
  IF NEW IS DISTINCT FROM was THEN
    NEW.version := OLD.version + 1;
  END IF;
  RETURN NEW;
END $$;
CREATE TRIGGER reservation_version BEFORE UPDATE ON reservations_reservation
  FOR EACH ROW EXECUTE FUNCTION couvert_reservation_version();
"""
NO_VERSION = """
DROP TRIGGER reservation_version ON reservations_reservation;
DROP FUNCTION couvert_reservation_version();
"""


class Migration(migrations.Migration):

    dependencies = [
        ('customers', '0003_records'),
        ('payments', '0005_reconciliation'),
        ('reservations', '0018_texts_and_reminders'),
        ('restaurants', '0014_host_stand'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='NightNote',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service_date', models.DateField()),
                ('text', models.TextField()),
                ('written_by', models.CharField(blank=True, max_length=120)),
                ('updated_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['restaurant', 'service_date', 'service'],
            },
        ),
        migrations.CreateModel(
            name='SectionTable',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('service_date', models.DateField()),
            ],
            options={
                'ordering': ['restaurant', 'service_date', 'table'],
            },
        ),
        migrations.CreateModel(
            name='ShiftServer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', core.ids.PublicIdField(default=functools.partial(core.ids.public_id, *('srv',), **{}), editable=False, max_length=40, prefix='srv', unique=True)),
                ('service_date', models.DateField()),
                ('name', models.CharField(max_length=60)),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='Order of the rotation.')),
                ('cut_at', models.DateTimeField(blank=True, help_text='Takes no more tables since.', null=True)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['restaurant', 'service_date', 'position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='StandAction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', core.ids.PublicIdField(default=functools.partial(core.ids.public_id, *('undo',), **{}), editable=False, max_length=40, prefix='undo', unique=True)),
                ('service_date', models.DateField()),
                ('verb', models.CharField(max_length=40)),
                ('target', models.CharField(help_text='Public id of what it was done to', max_length=40)),
                ('said', models.CharField(help_text='What was done, in words', max_length=200)),
                ('request_key', models.CharField(blank=True, max_length=160)),
                ('before', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('after', models.JSONField(default=dict, encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('made_at', models.DateTimeField()),
                ('until', models.DateTimeField(help_text='Can be undone until then')),
                ('actor_kind', models.CharField(max_length=10)),
                ('actor_id', models.CharField(blank=True, max_length=60)),
                ('actor_label', models.CharField(blank=True, max_length=120)),
                ('undone_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='TableBlock',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', core.ids.PublicIdField(default=functools.partial(core.ids.public_id, *('block',), **{}), editable=False, max_length=40, prefix='block', unique=True)),
                ('service_date', models.DateField()),
                ('kind', models.CharField(choices=[('block', 'Blocked by staff'), ('bussing', 'Being cleared')], default='block', max_length=7)),
                ('starts_at', models.DateTimeField()),
                ('ends_at', models.DateTimeField()),
                ('note', models.CharField(blank=True, max_length=200)),
                ('made_by', models.CharField(blank=True, max_length=120)),
                ('created_at', models.DateTimeField()),
                ('ended_at', models.DateTimeField(blank=True, null=True)),
            ],
            options={
                'ordering': ['restaurant', 'service_date', 'starts_at', 'id'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='tableclaim',
            name='claim_one_owner',
        ),
        migrations.AddField(
            model_name='reservation',
            name='arrived_at',
            field=models.DateTimeField(blank=True, help_text='When the first came', null=True),
        ),
        migrations.AddField(
            model_name='reservation',
            name='check_at',
            field=models.DateTimeField(blank=True, help_text='When it got its bill', null=True),
        ),
        migrations.AddField(
            model_name='reservation',
            name='expected_end',
            field=models.DateTimeField(blank=True, help_text='When a party that sits is expected to leave', null=True),
        ),
        migrations.AddField(
            model_name='reservation',
            name='left_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='reservation',
            name='marked_late_at',
            field=models.DateTimeField(blank=True, help_text='Since when it counts as late', null=True),
        ),
        migrations.AddField(
            model_name='reservation',
            name='overbooked',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=30), blank=True, db_default=models.Value('{}'), default=list, help_text='Limits a manager set aside for this party.', size=None),
        ),
        migrations.AddField(
            model_name='reservation',
            name='paid_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='reservation',
            name='ready_at',
            field=models.DateTimeField(blank=True, help_text='When it was told that its table is ready', null=True),
        ),
        migrations.AddField(
            model_name='reservation',
            name='seated_at',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='reservation',
            name='version',
            field=models.PositiveIntegerField(db_default=0, default=0, editable=False, help_text='Raised by a trigger with every change: whoever acts on an older one is told.'),
        ),
        migrations.AddField(
            model_name='nightnote',
            name='restaurant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='restaurants.restaurant'),
        ),
        migrations.AddField(
            model_name='nightnote',
            name='service',
            field=models.ForeignKey(blank=True, db_index=False, help_text='Empty: the whole day.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='restaurants.diningservice'),
        ),
        migrations.AddField(
            model_name='sectiontable',
            name='restaurant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='restaurants.restaurant'),
        ),
        migrations.AddField(
            model_name='sectiontable',
            name='table',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='restaurants.diningtable'),
        ),
        migrations.AddField(
            model_name='shiftserver',
            name='restaurant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='restaurants.restaurant'),
        ),
        migrations.AddField(
            model_name='shiftserver',
            name='user',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='sectiontable',
            name='server',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='section', to='reservations.shiftserver'),
        ),
        migrations.AddField(
            model_name='reservation',
            name='server',
            field=models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='parties', to='reservations.shiftserver'),
        ),
        migrations.AddConstraint(
            model_name='reservation',
            constraint=models.CheckConstraint(condition=models.Q(('expected_end', None), ('seated_at__isnull', False), _connector='OR'), name='reservation_expected_end'),
        ),
        migrations.AddField(
            model_name='standaction',
            name='restaurant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='restaurants.restaurant'),
        ),
        migrations.AddField(
            model_name='tableblock',
            name='restaurant',
            field=models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='restaurants.restaurant'),
        ),
        migrations.AddField(
            model_name='tableblock',
            name='table',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='blocks', to='restaurants.diningtable'),
        ),
        migrations.AddField(
            model_name='tableclaim',
            name='block',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='claims', to='reservations.tableblock'),
        ),
        migrations.AddConstraint(
            model_name='tableclaim',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('block__isnull', True), ('expires_at__isnull', False), ('hold__isnull', False), ('reservation__isnull', True)), models.Q(('block__isnull', True), ('expires_at__isnull', True), ('hold__isnull', True), ('reservation__isnull', False)), models.Q(('block__isnull', False), ('expires_at__isnull', True), ('hold__isnull', True), ('reservation__isnull', True)), _connector='OR'), name='claim_one_owner'),
        ),
        migrations.AddConstraint(
            model_name='nightnote',
            constraint=models.UniqueConstraint(fields=('restaurant', 'service_date', 'service'), name='night_note_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='shiftserver',
            constraint=models.UniqueConstraint(models.F('restaurant'), models.F('service_date'), django.db.models.functions.text.Lower('name'), name='shift_server_name_once'),
        ),
        migrations.AddConstraint(
            model_name='shiftserver',
            constraint=models.UniqueConstraint(condition=models.Q(('user__isnull', False)), fields=('restaurant', 'service_date', 'user'), name='shift_server_user_once'),
        ),
        migrations.AddConstraint(
            model_name='shiftserver',
            constraint=models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='shift_server_named'),
        ),
        migrations.AddConstraint(
            model_name='sectiontable',
            constraint=models.UniqueConstraint(fields=('restaurant', 'service_date', 'table'), name='section_table_once'),
        ),
        migrations.AddIndex(
            model_name='standaction',
            index=models.Index(fields=['made_at'], name='stand_action_made'),
        ),
        migrations.AddConstraint(
            model_name='standaction',
            constraint=models.UniqueConstraint(condition=models.Q(('request_key', ''), _negated=True), fields=('restaurant', 'request_key'), name='stand_action_once'),
        ),
        migrations.AddIndex(
            model_name='tableblock',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['restaurant', 'service_date'], name='block_live_of_day'),
        ),
        migrations.AddIndex(
            model_name='tableblock',
            index=models.Index(condition=models.Q(('ended_at__isnull', True)), fields=['ends_at'], name='block_ending'),
        ),
        migrations.AddConstraint(
            model_name='tableblock',
            constraint=models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='block_range'),
        ),
        migrations.RunSQL(VERSION, NO_VERSION),
        # Going back, claims of blocks have no owner any more.
        migrations.RunSQL(
            migrations.RunSQL.noop,
            "DELETE FROM reservations_tableclaim WHERE block_id IS NOT NULL",
        ),
    ]
