from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("bookings", "0006_feed_state"),
    ]

    operations = [
        migrations.AlterField(
            model_name="outsidechange",
            name="refusal",
            field=models.CharField(
                blank=True,
                choices=[
                    ("taken", "another booking is at that time"),
                    ("past", "that time has passed"),
                    ("shape", "it takes whole days, or no time at all"),
                    ("many", "many events were deleted at once"),
                    ("shifted", "many events were moved at once"),
                    ("elsewhere", "the event is in another calendar"),
                    ("again", "it was moved or deleted again and again"),
                ],
                help_text="The account's setting could not be followed, so the host is asked.",
                max_length=10,
                verbose_name="why it was not answered by itself",
            ),
        ),
    ]
