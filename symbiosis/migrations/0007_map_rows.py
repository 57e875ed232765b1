import django.contrib.gis.db.models.fields
from django.db import migrations, models

POINT_COLUMNS = (
    "side, listing_id, audience, veiled, posted, material_id, region_id, months, until, base_kg, at"
)
FLOW_COLUMNS = (
    "proposal_id, offer_id, need_id, audience, offer_organisation_id, need_organisation_id,"
    " offer_material_id, need_material_id, offer_region_id, need_region_id, posted, cross_region,"
    " months, value_cents, base_kg, road_m, line"
)
LISTING_CHANGED = " OR ".join(
    f"before.{name} IS DISTINCT FROM after.{name}"
    for name in (
        "status", "visibility", "origin", "material_id", "organisation_id", "public_location",
        "public_region_id", "public_quantity", "months", "available_until", "confidential",
        "members_only",
    )
)
PROPOSAL_CHANGED = " OR ".join(
    f"before.{name} IS DISTINCT FROM after.{name}"
    for name in (
        "offer_id", "need_id", "stage", "inferred", "cross_region", "value_cents", "base_quantity",
        "road_m",
    )
)


def seen_by(alias):
    return (
        f"CASE {alias}.visibility WHEN 'public' THEN 0 WHEN 'members' THEN 1 ELSE 2 END"
    )


def month_bits(alias):
    return (
        f"CASE WHEN {alias}.months = '{{}}' THEN 4095 ELSE"
        f" (SELECT bit_or(1 << (m - 1)) FROM unnest({alias}.months) AS m) END"
    )


def points(side, number):
    return f"""
    SELECT {number}::smallint AS side, l.id AS listing_id,
           CASE l.visibility WHEN 'members' THEN 1 ELSE 0 END::smallint AS audience,
           (l.visibility = 'anonymous' OR l.confidential <> '{{}}' OR l.members_only <> '{{}}')
               AS veiled,
           (l.origin = 'posted') AS posted, l.material_id, l.public_region_id AS region_id,
           ({month_bits("l")})::smallint AS months, l.available_until AS until,
           CASE m.kind WHEN 'material' THEN l.public_quantity ELSE 0 END AS base_kg,
           ST_Transform(l.public_location::geometry, 3857) AS at
    FROM marketplace_{side} l JOIN marketplace_material m ON m.id = l.material_id
    WHERE l.status = 'open'
    """


# The crest of a quadratic curve whose control point stands 0.18 of the length off the middle, to
# the left of the way: half of it (symbiosis/tiles.py draws the curve).
VIEWS = f"""
CREATE VIEW symbiosis_mappoint_now AS {points("offer", 0)} UNION ALL {points("need", 1)};
CREATE VIEW symbiosis_mapflow_now AS
SELECT pair.proposal_id, pair.offer_id, pair.need_id, pair.audience, pair.offer_organisation_id,
       pair.need_organisation_id, pair.offer_material_id, pair.need_material_id,
       pair.offer_region_id, pair.need_region_id, pair.posted, pair.cross_region, pair.months,
       pair.value_cents, pair.base_kg, pair.road_m,
       ST_MakeLine(ARRAY[a, ST_SetSRID(ST_MakePoint(
           (ST_X(a) + ST_X(b)) / 2 - 0.09 * (ST_Y(b) - ST_Y(a)),
           (ST_Y(a) + ST_Y(b)) / 2 + 0.09 * (ST_X(b) - ST_X(a))), 3857), b]) AS line
FROM (
    SELECT p.id AS proposal_id, p.offer_id, p.need_id,
           greatest({seen_by("o")}, {seen_by("n")})::smallint AS audience,
           o.organisation_id AS offer_organisation_id, n.organisation_id AS need_organisation_id,
           o.material_id AS offer_material_id, n.material_id AS need_material_id,
           o.public_region_id AS offer_region_id, n.public_region_id AS need_region_id,
           NOT p.inferred AS posted, p.cross_region,
           (({month_bits("o")}) & ({month_bits("n")}))::smallint AS months,
           p.value_cents, p.road_m,
           CASE m.kind WHEN 'material' THEN p.base_quantity ELSE 0 END AS base_kg,
           ST_Transform(o.public_location::geometry, 3857) AS a,
           ST_Transform(n.public_location::geometry, 3857) AS b
    FROM symbiosis_proposal p
    JOIN marketplace_offer o ON o.id = p.offer_id
    JOIN marketplace_need n ON n.id = p.need_id
    JOIN marketplace_material m ON m.id = o.material_id
    WHERE p.stage = 'planned' AND o.status = 'open' AND n.status = 'open'
) AS pair;
"""
NO_VIEWS = "DROP VIEW symbiosis_mapflow_now; DROP VIEW symbiosis_mappoint_now"

FUNCTIONS = f"""
CREATE FUNCTION symbiosis_map_listings() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    of_side smallint := CASE TG_ARGV[0] WHEN 'offer' THEN 0 ELSE 1 END;
    changed bigint[];
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM symbiosis_mappoint WHERE side = of_side;
        DELETE FROM symbiosis_mapflow;
        RETURN NULL;
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO symbiosis_mappoint ({POINT_COLUMNS})
            SELECT {POINT_COLUMNS} FROM symbiosis_mappoint_now
            WHERE side = of_side AND listing_id IN (SELECT id FROM after);
        RETURN NULL;
    ELSIF TG_OP = 'DELETE' THEN
        changed := ARRAY(SELECT id FROM before);
    ELSE
        changed := ARRAY(
            SELECT after.id FROM after JOIN before USING (id) WHERE {LISTING_CHANGED});
    END IF;
    IF changed = '{{}}' THEN
        RETURN NULL;
    END IF;
    DELETE FROM symbiosis_mappoint WHERE side = of_side AND listing_id = ANY (changed);
    IF of_side = 0 THEN
        DELETE FROM symbiosis_mapflow WHERE offer_id = ANY (changed);
    ELSE
        DELETE FROM symbiosis_mapflow WHERE need_id = ANY (changed);
    END IF;
    IF TG_OP = 'UPDATE' THEN
        INSERT INTO symbiosis_mappoint ({POINT_COLUMNS})
            SELECT {POINT_COLUMNS} FROM symbiosis_mappoint_now
            WHERE side = of_side AND listing_id = ANY (changed);
        IF of_side = 0 THEN
            INSERT INTO symbiosis_mapflow ({FLOW_COLUMNS})
                SELECT {FLOW_COLUMNS} FROM symbiosis_mapflow_now WHERE offer_id = ANY (changed);
        ELSE
            INSERT INTO symbiosis_mapflow ({FLOW_COLUMNS})
                SELECT {FLOW_COLUMNS} FROM symbiosis_mapflow_now WHERE need_id = ANY (changed);
        END IF;
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION symbiosis_map_proposals() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'TRUNCATE' THEN
        DELETE FROM symbiosis_mapflow;
    ELSIF TG_OP = 'DELETE' THEN
        DELETE FROM symbiosis_mapflow WHERE proposal_id IN (SELECT id FROM before);
    ELSIF TG_OP = 'INSERT' THEN
        INSERT INTO symbiosis_mapflow ({FLOW_COLUMNS})
            SELECT {FLOW_COLUMNS} FROM symbiosis_mapflow_now
            WHERE proposal_id IN (SELECT id FROM after WHERE stage = 'planned');
    ELSE
        DELETE FROM symbiosis_mapflow WHERE proposal_id IN (
            SELECT after.id FROM after JOIN before USING (id) WHERE {PROPOSAL_CHANGED});
        INSERT INTO symbiosis_mapflow ({FLOW_COLUMNS})
            SELECT {FLOW_COLUMNS} FROM symbiosis_mapflow_now
            WHERE proposal_id IN (
                SELECT after.id FROM after JOIN before USING (id)
                WHERE after.stage = 'planned' AND ({PROPOSAL_CHANGED}));
    END IF;
    RETURN NULL;
END $$;
CREATE FUNCTION symbiosis_mend_map() RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
    put_right bigint;
    added bigint;
BEGIN
    DELETE FROM symbiosis_mapflow f WHERE NOT EXISTS (
        SELECT FROM symbiosis_mapflow_now n
        WHERE n.proposal_id = f.proposal_id AND n.audience = f.audience
          AND n.line ~= f.line AND n.value_cents = f.value_cents
          AND n.offer_material_id = f.offer_material_id
          AND n.need_material_id = f.need_material_id);
    GET DIAGNOSTICS put_right = ROW_COUNT;
    INSERT INTO symbiosis_mapflow ({FLOW_COLUMNS})
        SELECT {FLOW_COLUMNS} FROM symbiosis_mapflow_now n
        WHERE NOT EXISTS (
            SELECT FROM symbiosis_mapflow f WHERE f.proposal_id = n.proposal_id);
    GET DIAGNOSTICS added = ROW_COUNT;
    RETURN greatest(put_right, added);
END $$;
"""
NO_FUNCTIONS = (
    "DROP FUNCTION symbiosis_mend_map(); DROP FUNCTION symbiosis_map_proposals();"
    " DROP FUNCTION symbiosis_map_listings()"
)
FILL = f"""
INSERT INTO symbiosis_mappoint ({POINT_COLUMNS}) SELECT {POINT_COLUMNS} FROM symbiosis_mappoint_now;
INSERT INTO symbiosis_mapflow ({FLOW_COLUMNS}) SELECT {FLOW_COLUMNS} FROM symbiosis_mapflow_now;
"""


def triggers(table, function, argument):
    name = table.split("_")[1]
    for event, rows in (
        ("insert", "REFERENCING NEW TABLE AS after"),
        ("update", "REFERENCING OLD TABLE AS before NEW TABLE AS after"),
        ("delete", "REFERENCING OLD TABLE AS before"),
        ("truncate", ""),
    ):
        yield migrations.RunSQL(
            f"CREATE TRIGGER symbiosis_map_{name}_{event} AFTER {event} ON {table} {rows}"
            f" FOR EACH STATEMENT EXECUTE FUNCTION {function}({argument})",
            f"DROP TRIGGER symbiosis_map_{name}_{event} ON {table}",
        )


class Migration(migrations.Migration):
    """The open market in narrow rows that tiles are built from, kept by the database itself."""

    dependencies = [
        ("symbiosis", "0006_feed_waste_code"),
        ("marketplace", "0008_audit_trail"),
    ]

    operations = [
        migrations.CreateModel(
            name='MapFlow',
            fields=[
                ('proposal_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('offer_id', models.BigIntegerField(db_index=True)),
                ('need_id', models.BigIntegerField(db_index=True)),
                ('audience', models.PositiveSmallIntegerField(choices=[(0, 'anyone'), (1, 'members'), (2, 'parties')])),
                ('offer_organisation_id', models.BigIntegerField()),
                ('need_organisation_id', models.BigIntegerField()),
                ('offer_material_id', models.BigIntegerField()),
                ('need_material_id', models.BigIntegerField()),
                ('offer_region_id', models.BigIntegerField(null=True)),
                ('need_region_id', models.BigIntegerField(null=True)),
                ('posted', models.BooleanField(help_text='both sides posted by firms')),
                ('cross_region', models.BooleanField()),
                ('months', models.PositiveSmallIntegerField(default=4095)),
                ('value_cents', models.BigIntegerField()),
                ('base_kg', models.BigIntegerField()),
                ('road_m', models.PositiveIntegerField()),
                ('line', django.contrib.gis.db.models.fields.LineStringField(srid=3857)),
            ],
            options={
                'verbose_name': 'map flow',
                'indexes': [models.Index(fields=['-posted', '-value_cents', 'proposal_id'], name='symbiosis_m_posted_941ed9_idx')],
            },
        ),
        migrations.CreateModel(
            name='MapPoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('side', models.PositiveSmallIntegerField(choices=[(0, 'offer'), (1, 'need')])),
                ('listing_id', models.BigIntegerField()),
                ('audience', models.PositiveSmallIntegerField(choices=[(0, 'anyone'), (1, 'members'), (2, 'parties')])),
                ('veiled', models.BooleanField(help_text='told to outsiders in general terms only')),
                ('posted', models.BooleanField()),
                ('material_id', models.BigIntegerField()),
                ('region_id', models.BigIntegerField(null=True)),
                ('months', models.PositiveSmallIntegerField(default=4095)),
                ('until', models.DateField(null=True)),
                ('base_kg', models.BigIntegerField()),
                ('at', django.contrib.gis.db.models.fields.PointField(srid=3857)),
            ],
            options={
                'verbose_name': 'map point',
                'constraints': [models.UniqueConstraint(fields=('side', 'listing_id'), name='map_point_once')],
            },
        ),
        migrations.RunSQL(VIEWS, NO_VIEWS),
        migrations.RunSQL(FUNCTIONS, NO_FUNCTIONS),
        migrations.RunSQL(FILL, migrations.RunSQL.noop),
        *triggers("marketplace_offer", "symbiosis_map_listings", "'offer'"),
        *triggers("marketplace_need", "symbiosis_map_listings", "'need'"),
        *triggers("symbiosis_proposal", "symbiosis_map_proposals", ""),
    ]
