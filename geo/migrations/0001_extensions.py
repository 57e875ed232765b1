from django.contrib.postgres.operations import BtreeGistExtension, CreateExtension, TrigramExtension
from django.db import migrations


class Migration(migrations.Migration):
    """Extensions the schema rests on, created once before any table."""

    initial = True
    dependencies = []
    operations = [CreateExtension("postgis"), BtreeGistExtension(), TrigramExtension()]
