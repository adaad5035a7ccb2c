"""Kinds of payments, accounts with providers, holds on cards, disputes and answers."""

import core.ids
import core.secrets
import django.db.models.deletion
import django.db.models.expressions
import functools
import payments.models.policy
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('payments', '0002_plan_version'),
        ('restaurants', '0008_hospitality'),
    ]

    operations = [
        migrations.CreateModel(
            name='PaymentDispute',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('reference', models.CharField(max_length=80)),
                ('status', models.CharField(choices=[('needs_response', 'Needs an answer'), ('under_review', 'Under review'), ('won', 'Won'), ('lost', 'Lost')], max_length=14)),
                ('amount', models.DecimalField(decimal_places=3, max_digits=12)),
                ('reason', models.CharField(blank=True, max_length=60)),
                ('due_by', models.DateTimeField(blank=True, null=True)),
                ('opened_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ProviderAccount',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('public_id', core.ids.PublicIdField(default=functools.partial(core.ids.public_id, *('acct',), **{}), editable=False, max_length=40, prefix='acct', unique=True)),
                ('provider', models.CharField(choices=[('stripe', 'Stripe'), ('square', 'Square'), ('paypal', 'PayPal')], max_length=10)),
                ('is_test', models.BooleanField(default=True, help_text='Test mode: no real money moves.')),
                ('is_active', models.BooleanField(default=True, help_text='Takes new payments.')),
                ('credentials', core.secrets.SecretField(blank=True, editable=False)),
                ('settings', models.JSONField(blank=True, default=dict)),
                ('created_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['restaurant', '-is_active', 'provider'],
            },
        ),
        migrations.CreateModel(
            name='ProviderAnswer',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('call', models.CharField(help_text='charge, find, capture, void, refund, …', max_length=20)),
                ('outcome', models.CharField(max_length=20)),
                ('reference', models.CharField(blank=True, max_length=80)),
                ('body', models.JSONField(default=dict)),
                ('at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='ProviderEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('provider', models.CharField(max_length=10)),
                ('event_id', models.CharField(max_length=120)),
                ('type', models.CharField(max_length=80)),
                ('references', models.JSONField(default=list, help_text="The provider's ids of what it is about")),
                ('occurred_at', models.DateTimeField(blank=True, null=True)),
                ('received_at', models.DateTimeField()),
                ('processed_at', models.DateTimeField(blank=True, null=True)),
                ('attempts', models.PositiveSmallIntegerField(default=0)),
                ('next_attempt_at', models.DateTimeField(blank=True, null=True)),
                ('last_error', models.CharField(blank=True, max_length=200)),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.CreateModel(
            name='Redemption',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('idempotency_key', models.CharField(max_length=64)),
                ('amount', models.DecimalField(decimal_places=3, max_digits=12)),
                ('bill', models.CharField(blank=True, help_text='Number of the bill, if it has one', max_length=60)),
                ('by_label', models.CharField(help_text='Who set it off', max_length=120)),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'ordering': ['-id'],
            },
        ),
        migrations.RemoveConstraint(
            model_name='payment',
            name='payment_refunds_within_amount',
        ),
        migrations.RemoveConstraint(
            model_name='payment',
            name='payment_refund_needs_capture',
        ),
        migrations.RemoveIndex(
            model_name='payment',
            name='payment_open',
        ),
        migrations.AddField(
            model_name='payment',
            name='action',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text="What the card's owner has to do first"),
        ),
        migrations.AddField(
            model_name='payment',
            name='agreed_text',
            field=models.TextField(blank=True, db_default='', help_text='The terms as the guest read and accepted them'),
        ),
        migrations.AddField(
            model_name='payment',
            name='capture_before',
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name='payment',
            name='captured',
            field=models.DecimalField(db_default=0, decimal_places=3, default=0, help_text='What was taken', max_digits=12),
        ),
        migrations.AddField(
            model_name='payment',
            name='errand',
            field=models.CharField(blank=True, choices=[('capture', 'Take it'), ('release', 'Let it go')], db_default='', help_text='What a worker is to do with what is set aside', max_length=8),
        ),
        migrations.AddField(
            model_name='payment',
            name='errand_amount',
            field=models.DecimalField(db_default=0, decimal_places=3, default=0, help_text='How much to take of it', max_digits=12),
        ),
        migrations.AddField(
            model_name='payment',
            name='kind',
            field=models.CharField(choices=[('deposit', 'Deposit'), ('prepayment', 'Prepayment'), ('hold', 'Hold on a card'), ('card', 'Card on file'), ('no_show_fee', 'No-show fee'), ('late_cancel', 'Late cancellation fee')], db_default='deposit', default='deposit', max_length=12),
        ),
        migrations.AddField(
            model_name='payment',
            name='parent',
            field=models.ForeignKey(blank=True, help_text='The payment that saved the card this one was charged to.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='later', to='payments.payment'),
        ),
        migrations.AddField(
            model_name='payment',
            name='redeemed',
            field=models.DecimalField(db_default=0, decimal_places=3, default=0, help_text='Set off against bills', max_digits=12),
        ),
        migrations.AddField(
            model_name='payment',
            name='saved',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='What the provider calls the saved card'),
        ),
        migrations.AddField(
            model_name='policy',
            name='kind',
            field=models.CharField(choices=[('deposit', 'Deposit: taken when booking, comes off the bill'), ('prepayment', 'Prepayment: the whole price, taken when booking'), ('hold', 'Hold: set aside on the card, let go after the visit'), ('card', 'Card on file: nothing taken, charged for a no-show or a late cancellation')], db_default='deposit', default='deposit', max_length=12),
        ),
        migrations.AddField(
            model_name='policy',
            name='offer',
            field=models.ForeignKey(blank=True, help_text='Only bookings of this offer.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='policies', to='restaurants.offer'),
        ),
        migrations.AlterField(
            model_name='payment',
            name='status',
            field=models.CharField(choices=[('requested', 'Requested'), ('action', "Waits for the guest's bank"), ('unknown', 'Unknown, being settled'), ('authorized', 'Set aside on the card'), ('saved', 'Card on file'), ('succeeded', 'Succeeded'), ('failed', 'Failed'), ('voided', 'Let go')], default='requested', max_length=10),
        ),
        migrations.AlterField(
            model_name='policy',
            name='amount',
            field=models.DecimalField(decimal_places=3, help_text='Taken or set aside when booking; of a card on file, the fee for a no-show.', max_digits=9),
        ),
        migrations.AlterField(
            model_name='policy',
            name='refund_ladder',
            field=models.JSONField(default=payments.models.policy.default_refund_ladder, help_text='[[24, 100], [4, 50]]: from 24 hours before 100 % back, from 4 hours 50 %. What does not come back is the fee of a hold or a card on file.', validators=[payments.models.policy.validate_ladder]),
        ),
        migrations.AddConstraint(
            model_name='policy',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['deposit', 'prepayment', 'hold', 'card'])), name='policy_kind_known'),
        ),
        migrations.AddField(
            model_name='paymentdispute',
            name='payment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='disputes', to='payments.payment'),
        ),
        migrations.AddField(
            model_name='provideraccount',
            name='restaurant',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='provider_accounts', to='restaurants.restaurant'),
        ),
        migrations.AddField(
            model_name='payment',
            name='account',
            field=models.ForeignKey(blank=True, help_text='Whose account with the provider; empty for the sandbox.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='payments', to='payments.provideraccount'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(condition=models.Q(('status__in', ['requested', 'action', 'unknown'])), fields=['next_check_at'], name='payment_open'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(condition=models.Q(('provider_reference', ''), _negated=True), fields=['provider_reference'], name='payment_provider_reference'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(condition=models.Q(('errand', ''), _negated=True), fields=['next_check_at'], name='payment_errands'),
        ),
        migrations.AddIndex(
            model_name='payment',
            index=models.Index(condition=models.Q(('status', 'authorized')), fields=['capture_before'], name='payment_set_aside'),
        ),
        migrations.RunSQL(
            "UPDATE payments_payment SET captured = amount WHERE status = 'succeeded'",
            migrations.RunSQL.noop,
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('captured__gte', 0), ('captured__lte', models.F('amount'))), name='payment_captured_within_amount'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('captured__gt', 0), ('status', 'succeeded')), models.Q(models.Q(('status', 'succeeded'), _negated=True), ('captured', 0)), _connector='OR'), name='payment_captured_when_succeeded'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('captured__gte', django.db.models.expressions.CombinedExpression(models.F('refunded'), '+', models.F('redeemed'))), ('redeemed__gte', 0), ('refunded__gte', 0)), name='payment_refunds_within_captured'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['deposit', 'prepayment', 'hold', 'card', 'no_show_fee', 'late_cancel'])), name='payment_kind_known'),
        ),
        migrations.AddConstraint(
            model_name='payment',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('errand', ''), ('errand_amount', 0)), models.Q(('errand', 'release'), ('errand_amount', 0), ('status__in', ['authorized', 'saved'])), models.Q(('errand', 'capture'), ('errand_amount__gt', 0), ('errand_amount__lte', models.F('amount')), ('status', 'authorized')), _connector='OR'), name='payment_errand'),
        ),
        migrations.AddField(
            model_name='provideranswer',
            name='payment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='payments.payment'),
        ),
        migrations.AddField(
            model_name='provideranswer',
            name='refund',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='answers', to='payments.refund'),
        ),
        migrations.AddField(
            model_name='providerevent',
            name='account',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name='events', to='payments.provideraccount'),
        ),
        migrations.AddField(
            model_name='redemption',
            name='payment',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='redemptions', to='payments.payment'),
        ),
        migrations.AddConstraint(
            model_name='paymentdispute',
            constraint=models.UniqueConstraint(fields=('payment', 'reference'), name='dispute_once'),
        ),
        migrations.AddConstraint(
            model_name='paymentdispute',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gte', 0)), name='dispute_amount'),
        ),
        migrations.AddConstraint(
            model_name='provideraccount',
            constraint=models.UniqueConstraint(condition=models.Q(('is_active', True)), fields=('restaurant',), name='provider_account_one_active'),
        ),
        migrations.AddConstraint(
            model_name='provideraccount',
            constraint=models.CheckConstraint(condition=models.Q(('provider__in', ['stripe', 'square', 'paypal'])), name='provider_account_known'),
        ),
        migrations.AddIndex(
            model_name='providerevent',
            index=models.Index(condition=models.Q(('processed_at', None)), fields=['next_attempt_at'], name='provider_event_due'),
        ),
        migrations.AddConstraint(
            model_name='providerevent',
            constraint=models.UniqueConstraint(fields=('provider', 'account', 'event_id'), name='provider_event_once', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='redemption',
            constraint=models.UniqueConstraint(fields=('idempotency_key',), name='redemption_key_once'),
        ),
        migrations.AddConstraint(
            model_name='redemption',
            constraint=models.CheckConstraint(condition=models.Q(('amount__gt', 0)), name='redemption_amount'),
        ),
        migrations.RunSQL(
            "CREATE TRIGGER plan_version AFTER INSERT OR UPDATE OR DELETE"
            " ON payments_provideraccount"
            " FOR EACH ROW EXECUTE FUNCTION couvert_plan_part_changed();",
            "DROP TRIGGER plan_version ON payments_provideraccount;",
        ),
    ]
