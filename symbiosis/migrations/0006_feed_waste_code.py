from importlib import import_module

from django.db import migrations

told = import_module("symbiosis.migrations.0003_feed_what_is_told")
earlier = import_module("symbiosis.migrations.0004_remaining_quantity")

TERM = told.told("code", "waste_code_id")
CODE_CHANGED = (
    f"({TERM.format(row='before')}) IS DISTINCT FROM ({TERM.format(row='after')})"
)


class Migration(migrations.Migration):
    """The matcher hears of another waste code: it may bar what was open, or open what was barred."""

    dependencies = [("symbiosis", "0005_barriers")]

    operations = [
        migrations.RunSQL(
            told.FEED.format(changed=f"{earlier.CHANGED} OR {CODE_CHANGED}"),
            told.FEED.format(changed=earlier.CHANGED),
        ),
    ]
