"""What partner markets are told of our listings, kept in step with them by one statement a side."""

from __future__ import annotations

from datetime import date

from django.db import connection, transaction

from symbiosis.federation.models import POSITIONS, Side

_LOCK = "federation positions"


def sole_writer() -> None:
    """Wait for the right to give out positions, kept until the transaction ends: what a reader
    sees below a position never changes any more."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [_LOCK])


def next_position() -> int:
    """A place at the end of what partners read; under ``sole_writer``."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT nextval('{POSITIONS}')")
        (number,) = cursor.fetchone()
    return int(number)


@transaction.atomic
def refresh_descriptors(*, today: date) -> int:
    """Bring what partners are told in step with the listings; returns how many changed.

    Told are posted, open listings that are not over, never more of one than its least informed
    reader gets: the band of the public amount, the cell whatever the visibility, and the window
    only where nobody is kept from it.
    """
    sole_writer()
    with connection.cursor() as cursor:
        changed = 0
        for side in Side.values:
            cursor.execute(_TELL.format(side=side), [today])
            changed += cursor.rowcount
            cursor.execute(_GONE.format(side=side), [today])
            changed += cursor.rowcount
    return changed


_KEPT = "('window' = ANY (l.members_only || l.confidential) OR l.visibility = 'anonymous')"

_OPEN = """
    l.status = 'open' AND l.origin = 'posted' AND l.public_remaining > 0
    AND (l.available_until IS NULL OR l.available_until >= %s)
"""

# The band's ends are those of marketplace.listings.confidence.quantity_band; a test compares.
_TELL = f"""
INSERT INTO symbiosis_owndescriptor AS d
    (uid, side, {{side}}_id, material_id, band_low, band_high, lon, lat, country,
     first_day, last_day, months, gone, number)
SELECT gen_random_uuid(), '{{side}}', id, material_id, step * tens,
       CASE step WHEN 1 THEN 2 WHEN 2 THEN 5 ELSE 10 END * tens,
       lon, lat, country, first_day, last_day, months, false, nextval('{POSITIONS}')
FROM (
    SELECT l.id, l.material_id,
           CASE WHEN left(l.public_remaining::text, 1) = '1' THEN 1
                WHEN left(l.public_remaining::text, 1) < '5' THEN 2 ELSE 5 END AS step,
           power(10::numeric, length(l.public_remaining::text) - 1)::bigint AS tens,
           ST_X(s.cell_location::geometry) AS lon, ST_Y(s.cell_location::geometry) AS lat,
           coalesce(r.country, o.country) AS country,
           CASE WHEN {_KEPT} THEN NULL ELSE l.available_from END AS first_day,
           CASE WHEN {_KEPT} THEN NULL ELSE l.available_until END AS last_day,
           l.months
    FROM marketplace_{{side}} l
    JOIN marketplace_site s ON s.id = l.site_id
    JOIN marketplace_organisation o ON o.id = l.organisation_id
    LEFT JOIN geo_region r ON r.id = s.cell_region_id
    WHERE {_OPEN}
) AS told
ON CONFLICT ({{side}}_id) DO UPDATE SET
    material_id = EXCLUDED.material_id, band_low = EXCLUDED.band_low,
    band_high = EXCLUDED.band_high, lon = EXCLUDED.lon, lat = EXCLUDED.lat,
    country = EXCLUDED.country, first_day = EXCLUDED.first_day, last_day = EXCLUDED.last_day,
    months = EXCLUDED.months, gone = false, number = EXCLUDED.number
WHERE (d.material_id, d.band_low, d.band_high, d.lon, d.lat, d.country, d.first_day, d.last_day,
       d.months, d.gone)
   IS DISTINCT FROM
      (EXCLUDED.material_id, EXCLUDED.band_low, EXCLUDED.band_high, EXCLUDED.lon, EXCLUDED.lat,
       EXCLUDED.country, EXCLUDED.first_day, EXCLUDED.last_day, EXCLUDED.months, false)
"""  # noqa: S608 - own names only

_GONE = f"""
UPDATE symbiosis_owndescriptor AS d SET gone = true, number = nextval('{POSITIONS}')
WHERE d.side = '{{side}}' AND NOT d.gone AND NOT EXISTS (
    SELECT 1 FROM marketplace_{{side}} l WHERE l.id = d.{{side}}_id AND {_OPEN}
)
"""  # noqa: S608 - own names only
