from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("bookings", "0005_outside_refusals_and_offer_mails"),
    ]

    operations = [
        migrations.AddField(
            model_name="feedlink",
            name="etag",
            field=models.CharField(blank=True, editable=False, max_length=64),
        ),
        migrations.AddField(
            model_name="feedlink",
            name="changed_at",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="When it last showed something else.",
                null=True,
                verbose_name="changed",
            ),
        ),
    ]
