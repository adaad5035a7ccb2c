"""How the amount asked for in advance is secured."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0003_kinds_accounts_errands'),
        ('reservations', '0013_party_requests'),
    ]

    operations = [
        migrations.AddField(
            model_name='hold',
            name='payment_kind',
            field=models.CharField(choices=[('deposit', 'Deposit: taken when booking, comes off the bill'), ('prepayment', 'Prepayment: the whole price, taken when booking'), ('hold', 'Hold: set aside on the card, let go after the visit'), ('card', 'Card on file: nothing taken, charged for a no-show or a late cancellation')], db_default='deposit', default='deposit', help_text='How it is secured', max_length=12),
        ),
        migrations.AddField(
            model_name='reservation',
            name='payment_kind',
            field=models.CharField(choices=[('deposit', 'Deposit: taken when booking, comes off the bill'), ('prepayment', 'Prepayment: the whole price, taken when booking'), ('hold', 'Hold: set aside on the card, let go after the visit'), ('card', 'Card on file: nothing taken, charged for a no-show or a late cancellation')], db_default='deposit', default='deposit', help_text='How it is secured', max_length=12),
        ),
        migrations.AlterField(
            model_name='hold',
            name='deposit_amount',
            field=models.DecimalField(decimal_places=3, default=0, help_text='Asked for in advance', max_digits=12),
        ),
        migrations.AlterField(
            model_name='reservation',
            name='deposit_amount',
            field=models.DecimalField(decimal_places=3, default=0, help_text='Asked for in advance', max_digits=12),
        ),
    ]
