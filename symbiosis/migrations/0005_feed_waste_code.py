from importlib import import_module

from django.db import migrations

earlier = import_module("symbiosis.migrations.0003_feed_what_is_told")

TERM = earlier.told("code", "waste_code_id")
CODE_CHANGED = (
    f"({TERM.format(row='before')}) IS DISTINCT FROM ({TERM.format(row='after')})"
)


class Migration(migrations.Migration):
    """The matcher hears of another waste code: it may bar what was open, or open what was barred."""

    dependencies = [("symbiosis", "0004_barriers")]

    operations = [
        migrations.RunSQL(
            earlier.FEED.format(changed=f"{earlier.CHANGED} OR {CODE_CHANGED}"),
            earlier.FEED.format(changed=earlier.CHANGED),
        ),
    ]
