"""Apart from filling the column in: PostgreSQL changes no table that has just been written to."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('calendars', '0003_long_keys'),
    ]

    operations = [
        migrations.AddConstraint(
            model_name='item',
            constraint=models.UniqueConstraint(fields=('calendar', 'place'), name='item_stored_once'),
        ),
    ]
