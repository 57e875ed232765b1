from django.db import migrations

DELIVERY = """
CREATE FUNCTION api_tell_delivery() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO api_event (type, subject, subject_uid, version, parties)
            SELECT 'delivery.created', 'delivery', d.uid, 0,
                   ARRAY[e.offer_organisation_id, e.need_organisation_id]
            FROM after d JOIN marketplace_exchange e ON e.id = d.exchange_id;
    ELSE
        INSERT INTO api_event (type, subject, subject_uid, version, parties)
            SELECT CASE WHEN d.confirmed THEN 'delivery.confirmed' ELSE 'delivery.contested' END,
                   'delivery', d.uid, 0,
                   ARRAY[e.offer_organisation_id, e.need_organisation_id]
            FROM after d JOIN before USING (id)
                         JOIN marketplace_exchange e ON e.id = d.exchange_id
            WHERE d.confirmed IS DISTINCT FROM before.confirmed AND d.confirmed IS NOT NULL;
    END IF;
    RETURN NULL;
END $$;
"""


def trigger(event, rows):
    return migrations.RunSQL(
        f"CREATE TRIGGER api_tell_{event} AFTER {event} ON marketplace_delivery REFERENCING {rows}"
        " FOR EACH STATEMENT EXECUTE FUNCTION api_tell_delivery()",
        f"DROP TRIGGER api_tell_{event} ON marketplace_delivery",
    )


class Migration(migrations.Migration):
    """Both parties are told that a delivery was recorded (or corrected), confirmed, contested."""

    dependencies = [
        ("api", "0005_audit_of_endpoints"),
        ("marketplace", "0006_deliveries_and_followup"),
    ]

    operations = [
        migrations.RunSQL(DELIVERY, "DROP FUNCTION api_tell_delivery()"),
        trigger("insert", "NEW TABLE AS after"),
        trigger("update", "OLD TABLE AS before NEW TABLE AS after"),
    ]
