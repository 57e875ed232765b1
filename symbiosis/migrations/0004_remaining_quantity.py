from importlib import import_module

from django.db import migrations

told = import_module("symbiosis.migrations.0003_feed_what_is_told")

CHANGED = told.CHANGED.replace("public_quantity", "public_remaining")


class Migration(migrations.Migration):
    """What is left of a listing is what the matcher works with, so that is the change it hears of."""

    dependencies = [
        ("symbiosis", "0003_feed_what_is_told"),
        ("marketplace", "0004_exchanges"),
    ]

    operations = [
        migrations.RunSQL(
            told.FEED.format(changed=CHANGED), told.FEED.format(changed=told.CHANGED)
        ),
    ]
