"""The sandbox sets money aside, remembers cards and sends people to a bank."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0003_kinds_accounts_errands'),
    ]

    operations = [
        migrations.AddField(
            model_name='sandboxcharge',
            name='captured_minor',
            field=models.BigIntegerField(db_default=0, default=0),
        ),
        migrations.AddField(
            model_name='sandboxcharge',
            name='purpose',
            field=models.CharField(blank=True, db_default='', max_length=40),
        ),
        migrations.AddField(
            model_name='sandboxcharge',
            name='return_url',
            field=models.CharField(blank=True, db_default='', max_length=300),
        ),
        migrations.AddField(
            model_name='sandboxcharge',
            name='taking',
            field=models.CharField(choices=[('charge', 'Charge'), ('hold', 'Hold'), ('card', 'Card')], db_default='charge', default='charge', max_length=6),
        ),
        migrations.AddField(
            model_name='sandboxcharge',
            name='token',
            field=models.CharField(blank=True, db_default='', max_length=40),
        ),
        migrations.AlterField(
            model_name='redemption',
            name='bill',
            field=models.CharField(blank=True, help_text='Number of the bill, if any', max_length=60),
        ),
        migrations.RunSQL(
            "UPDATE payments_sandboxcharge SET captured_minor = minor_amount"
            " WHERE kind = 'charge' AND outcome = 'succeeded'",
            migrations.RunSQL.noop,
        ),
    ]
