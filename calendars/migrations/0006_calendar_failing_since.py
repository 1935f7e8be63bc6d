from django.db import migrations, models
from django.db.models.functions import Now


def mark_failing(apps, schema_editor):
    """Calendars that fail at this moment: since when exactly was not kept for each of them."""
    calendars = apps.get_model("calendars", "Calendar").objects.using(schema_editor.connection.alias)
    calendars.exclude(error="").update(failing_since=Now())


class Migration(migrations.Migration):

    dependencies = [("calendars", "0005_google_microsoft_feeds")]

    operations = [
        migrations.AddField(
            model_name="calendar",
            name="failing_since",
            field=models.DateTimeField(
                blank=True,
                editable=False,
                help_text="Stands until the calendar was read well; asking for a new try does not end it.",
                null=True,
                verbose_name="cannot be read since",
            ),
        ),
        migrations.RunPython(mark_failing, migrations.RunPython.noop, elidable=True),
    ]
