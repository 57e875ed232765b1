from django.db import migrations


def told(aspect, column):
    """What the matcher may know of a column that a listing can keep back."""
    return (
        "CASE WHEN {row}.visibility = 'anonymous'"
        f" OR '{aspect}' = ANY ({{row}}.members_only || {{row}}.confidential)"
        f" THEN NULL ELSE {{row}}.{column} END"
    )


RELEVANT = (
    *(
        f"{{row}}.{name}"
        for name in (
            "organisation_id", "site_id", "material_id", "public_quantity", "waste_status",
            "months", "public_location", "public_region_id", "origin", "inferred_from", "status",
        )
    ),
    told("quantity", "base_min_lot"),
    told("price", "price_cents"),
    told("window", "available_from"),
    # When a listing is over is acted on whether or not the date is told.
    "{row}.available_until",
)

CHANGED = " OR ".join(
    f"({term.format(row='before')}) IS DISTINCT FROM ({term.format(row='after')})"
    for term in RELEVANT
)

BEFORE_THIS = (
    "organisation_id", "site_id", "material_id", "base_quantity", "base_min_lot", "price_cents",
    "waste_status", "available_from", "available_until", "months", "public_location",
    "public_region_id", "origin", "inferred_from", "status",
)

CHANGED_BEFORE_THIS = " OR ".join(
    f"before.{name} IS DISTINCT FROM after.{name}" for name in BEFORE_THIS
)

FEED = """
CREATE OR REPLACE FUNCTION symbiosis_listing_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO symbiosis_listingchange (side, listing_id)
            SELECT TG_ARGV[0], id FROM after;
    ELSIF TG_OP = 'DELETE' THEN
        INSERT INTO symbiosis_listingchange (side, listing_id)
            SELECT TG_ARGV[0], id FROM before;
    ELSE
        INSERT INTO symbiosis_listingchange (side, listing_id)
            SELECT TG_ARGV[0], after.id FROM after JOIN before USING (id) WHERE {changed};
    END IF;
    IF FOUND THEN
        NOTIFY symbiosis_listings;
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    """A change of what a listing keeps back is no change for the matcher, nor for who reads it."""

    dependencies = [
        ("symbiosis", "0002_change_feed"),
        ("marketplace", "0002_kept_back"),
    ]

    operations = [
        migrations.RunSQL(
            FEED.format(changed=CHANGED), FEED.format(changed=CHANGED_BEFORE_THIS)
        ),
    ]
