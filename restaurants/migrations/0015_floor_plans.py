"""Floor plans that hold on some days, fixtures, closed tables, pacing by the quarter of an hour."""

import core.ids
import django.contrib.postgres.fields
import django.core.serializers.json
import django.db.models.deletion
import functools
from django.db import migrations, models


PARTS_OF_THE_PLAN = [
    ("restaurants_floorplan", "couvert_plan_part_changed()"),
    (
        "restaurants_tableplacement",
        "couvert_plan_link_changed('plan_id', 'restaurants_floorplan')",
    ),
    (
        "restaurants_pacingstep",
        "couvert_plan_link_changed('service_id', 'restaurants_diningservice')",
    ),
]


class Migration(migrations.Migration):

    dependencies = [
        ('restaurants', "0014_host_stand"),
    ]

    operations = [
        migrations.CreateModel(
            name='FloorFixture',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('kind', models.CharField(choices=[('wall', 'Wall'), ('bar', 'Bar'), ('door', 'Door'), ('text', 'Text')], max_length=4)),
                ('label', models.CharField(blank=True, max_length=40)),
                ('x', models.FloatField()),
                ('y', models.FloatField()),
                ('width', models.FloatField()),
                ('height', models.FloatField()),
                ('rotation', models.SmallIntegerField(default=0)),
            ],
            options={
                'ordering': ['room', 'id'],
            },
        ),
        migrations.CreateModel(
            name='FloorPlan',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', core.ids.PublicIdField(default=functools.partial(core.ids.public_id, *('floor',), **{}), editable=False, max_length=40, prefix='floor', unique=True)),
                ('name', models.CharField(max_length=60)),
                ('weekdays', django.contrib.postgres.fields.ArrayField(base_field=models.PositiveSmallIntegerField(), blank=True, default=list, help_text='Monday is 0; none is every day.', size=None)),
                ('valid_from', models.DateField(blank=True, null=True)),
                ('valid_until', models.DateField(blank=True, null=True)),
                ('position', models.PositiveSmallIntegerField(default=0, help_text='The first that holds counts.')),
                ('is_active', models.BooleanField(default=True, help_text='Unset while it is being drawn.')),
            ],
            options={
                'ordering': ['restaurant', 'position', 'id'],
            },
        ),
        migrations.CreateModel(
            name='FloorSave',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('before', models.JSONField(encoder=django.core.serializers.json.DjangoJSONEncoder)),
                ('digest', models.CharField(help_text='Of the floor as it was saved.', max_length=32)),
                ('saved_at', models.DateTimeField()),
                ('saved_by', models.CharField(blank=True, max_length=120)),
            ],
        ),
        migrations.CreateModel(
            name='PacingStep',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('at', models.TimeField()),
                ('slot_covers', models.PositiveIntegerField(blank=True, null=True)),
                ('slot_parties', models.PositiveIntegerField(blank=True, null=True)),
                ('online_slot_covers', models.PositiveIntegerField(blank=True, null=True)),
                ('online_slot_parties', models.PositiveIntegerField(blank=True, null=True)),
            ],
            options={
                'ordering': ['service', 'at'],
            },
        ),
        migrations.CreateModel(
            name='TablePlacement',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('in_use', models.BooleanField(default=True)),
                ('x', models.FloatField()),
                ('y', models.FloatField()),
                ('rotation', models.SmallIntegerField(default=0)),
            ],
            options={
                'ordering': ['plan', 'id'],
            },
        ),
        migrations.AddField(
            model_name='closure',
            name='table',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='closures', to='restaurants.diningtable'),
        ),
        migrations.AlterField(
            model_name='diningtable',
            name='is_active',
            field=models.BooleanField(default=True, help_text='Unset when it is out of use. A floor plan may say otherwise on its days.'),
        ),
        migrations.AlterField(
            model_name='diningtable',
            name='rotation',
            field=models.SmallIntegerField(default=0, help_text='Degrees clockwise, about its middle.'),
        ),
        migrations.AlterField(
            model_name='diningtable',
            name='x',
            field=models.FloatField(default=0, help_text='Left edge in the room, in centimetres, before it is turned.'),
        ),
        migrations.AddConstraint(
            model_name='closure',
            constraint=models.CheckConstraint(condition=models.Q(('table', None), models.Q(('online_only', False), ('room', None), ('service', None)), _connector='OR'), name='closure_of_a_table', violation_error_message='A table is closed for everybody and every service.'),
        ),
        migrations.AddField(
            model_name='floorfixture',
            name='room',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='fixtures', to='restaurants.diningroom'),
        ),
        migrations.AddField(
            model_name='floorplan',
            name='restaurant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='floor_plans', to='restaurants.restaurant'),
        ),
        migrations.AddField(
            model_name='floorsave',
            name='restaurant',
            field=models.OneToOneField(on_delete=django.db.models.deletion.CASCADE, related_name='floor_save', to='restaurants.restaurant'),
        ),
        migrations.AddField(
            model_name='pacingstep',
            name='service',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='pacing', to='restaurants.diningservice'),
        ),
        migrations.AddField(
            model_name='tableplacement',
            name='plan',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='placements', to='restaurants.floorplan'),
        ),
        migrations.AddField(
            model_name='tableplacement',
            name='table',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='placements', to='restaurants.diningtable'),
        ),
        migrations.AddConstraint(
            model_name='floorplan',
            constraint=models.UniqueConstraint(fields=('restaurant', 'name'), name='floor_plan_name_once'),
        ),
        migrations.AddConstraint(
            model_name='floorplan',
            constraint=models.CheckConstraint(condition=models.Q(('weekdays__contained_by', [0, 1, 2, 3, 4, 5, 6])), name='floor_plan_weekdays'),
        ),
        migrations.AddConstraint(
            model_name='floorplan',
            constraint=models.CheckConstraint(condition=models.Q(('valid_from', None), ('valid_until', None), ('valid_until__gte', models.F('valid_from')), _connector='OR'), name='floor_plan_dates'),
        ),
        migrations.AddConstraint(
            model_name='floorplan',
            constraint=models.CheckConstraint(condition=models.Q(('is_active', False), ('weekdays__len__gt', 0), ('valid_from__isnull', False), ('valid_until__isnull', False), _connector='OR'), name='floor_plan_has_days', violation_error_message='A plan that holds on every day is the standard one.'),
        ),
        migrations.AddConstraint(
            model_name='pacingstep',
            constraint=models.UniqueConstraint(fields=('service', 'at'), name='pacing_step_once'),
        ),
        migrations.AddConstraint(
            model_name='pacingstep',
            constraint=models.CheckConstraint(condition=models.Q(('at__minute__in', [0, 15, 30, 45])), name='pacing_step_quarter'),
        ),
        migrations.AddConstraint(
            model_name='tableplacement',
            constraint=models.UniqueConstraint(fields=('plan', 'table'), name='placement_once'),
        ),
        *(
            migrations.RunSQL(
                f"CREATE TRIGGER plan_version AFTER INSERT OR UPDATE OR DELETE ON {table}"
                f" FOR EACH ROW EXECUTE FUNCTION {function};",
                f"DROP TRIGGER plan_version ON {table};",
            )
            for table, function in PARTS_OF_THE_PLAN
        ),
    ]
