"""Keys of any length: what is unique is a short name for the key, filled in here for what was read."""

import bookingsite.validation
import calendars.models.keys
import django.core.validators
from django.db import migrations, models

PORTION = 500


def name_places(apps, schema_editor):
    """Give every stored item its place, a portion at a time."""
    items = apps.get_model('calendars', 'Item').objects.using(schema_editor.connection.alias).order_by('pk')
    last = 0
    while rows := list(items.filter(pk__gt=last).only('pk', 'key')[:PORTION]):
        for row in rows:
            row.place = calendars.models.keys.place_of(row.key)
        items.bulk_update(rows, ['place'])
        last = rows[-1].pk


class Migration(migrations.Migration):

    dependencies = [
        ('calendars', '0002_closing'),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name='item',
            name='item_stored_once',
        ),
        migrations.AddField(
            model_name='item',
            name='place',
            field=calendars.models.keys.PlaceField(default='', editable=False, max_length=32),
            preserve_default=False,
        ),
        migrations.AlterField(
            model_name='account',
            name='label',
            field=models.CharField(max_length=120, validators=[bookingsite.validation.validate_single_line], verbose_name='label'),
        ),
        migrations.AlterField(
            model_name='account',
            name='trust_hours',
            field=models.PositiveSmallIntegerField(default=2, help_text='Hours. When a calendar could not be read for longer, no times are offered.', validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(72)], verbose_name='trust the last copy for'),
        ),
        migrations.AlterField(
            model_name='item',
            name='key',
            field=calendars.models.keys.KeyField(verbose_name='key'),
        ),
        migrations.AlterField(
            model_name='write',
            name='remote_key',
            field=calendars.models.keys.KeyField(blank=True, verbose_name='key at the provider'),
        ),
        migrations.RunPython(name_places, migrations.RunPython.noop, elidable=True),
    ]
