
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('accounts', '0001_initial'),
        ('customers', '0002_allergies_in_words'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='customer',
            name='erased_at',
            field=models.DateTimeField(blank=True, editable=False, help_text='Nothing personal is left since then.', null=True),
        ),
        migrations.AddField(
            model_name='customer',
            name='family_name',
            field=models.CharField(blank=True, db_default='', default='', help_text="The end of the name that is the family's, where a guest gave it apart.", max_length=60),
        ),
        migrations.AddField(
            model_name='customer',
            name='merged_into',
            field=models.ForeignKey(blank=True, editable=False, help_text="The same guest's record that counts; this one keeps their other address.", null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merged', to='customers.customer'),
        ),
        migrations.AddField(
            model_name='customer',
            name='sms_consent_at',
            field=models.DateTimeField(blank=True, help_text='When the guest agreed to offers by SMS.', null=True),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.CheckConstraint(condition=models.Q(('erased_at', None), models.Q(('email', ''), ('phone', ''), ('user', None)), _connector='OR'), name='customer_erased_is_blank'),
        ),
        migrations.AddConstraint(
            model_name='customer',
            constraint=models.CheckConstraint(condition=models.Q(('merged_into', None), models.Q(models.Q(('merged_into', models.F('id')), _negated=True), ('user', None)), _connector='OR'), name='customer_merged_has_no_account'),
        ),
    ]
