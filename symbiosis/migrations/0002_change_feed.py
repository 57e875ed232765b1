from django.db import migrations

RELEVANT = (
    "organisation_id", "site_id", "material_id", "base_quantity", "base_min_lot", "price_cents",
    "waste_status", "available_from", "available_until", "months", "public_location",
    "public_region_id", "origin", "inferred_from", "status",
)

CHANGED = " OR ".join(f"before.{name} IS DISTINCT FROM after.{name}" for name in RELEVANT)

# Statement triggers: an import of a hundred thousand rows costs one statement more, not as many.
FEED = f"""
CREATE FUNCTION symbiosis_listing_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO symbiosis_listingchange (side, listing_id)
            SELECT TG_ARGV[0], id FROM after;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO symbiosis_listingchange (side, listing_id)
            SELECT TG_ARGV[0], id FROM before;
    ELSE
        INSERT INTO symbiosis_listingchange (side, listing_id)
            SELECT TG_ARGV[0], after.id FROM after JOIN before USING (id) WHERE {CHANGED};
    END IF;
    IF FOUND THEN
        NOTIFY symbiosis_listings;
    END IF;
    RETURN NULL;
END $$;
"""


def triggers(side):
    table = f"marketplace_{side}"
    for event, rows in (
        ("insert", "NEW TABLE AS after"),
        ("update", "OLD TABLE AS before NEW TABLE AS after"),
        ("delete", "OLD TABLE AS before"),
    ):
        yield migrations.RunSQL(
            f"CREATE TRIGGER symbiosis_{side}_{event} AFTER {event} ON {table} REFERENCING {rows}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION symbiosis_listing_changed('{side}')",
            f"DROP TRIGGER symbiosis_{side}_{event} ON {table}",
        )


def nearest(side):
    """Rows of one material nearest first: what a posting's answer is ranked from."""
    return migrations.RunSQL(
        f"CREATE INDEX symbiosis_{side}_nearest ON marketplace_{side}"
        " USING gist (material_id, public_location) WHERE status = 'open'",
        f"DROP INDEX symbiosis_{side}_nearest",
    )


class Migration(migrations.Migration):
    """What the database does by itself for the matcher: it tells of changes and finds the near."""

    dependencies = [
        ("symbiosis", "0001_initial"),
        ("marketplace", "0001_initial"),
        ("geo", "0001_extensions"),
    ]

    operations = [
        migrations.RunSQL(FEED, "DROP FUNCTION symbiosis_listing_changed()"),
        *triggers("offer"),
        *triggers("need"),
        nearest("offer"),
        nearest("need"),
    ]
