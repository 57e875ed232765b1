from django.db import migrations

EXCHANGE = """
CREATE FUNCTION api_tell_exchange() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO api_event (type, subject, subject_uid, version, parties)
            SELECT 'exchange.created', 'exchange', uid, version,
                   ARRAY[offer_organisation_id, need_organisation_id]
            FROM after;
    ELSE
        INSERT INTO api_event (type, subject, subject_uid, version, parties)
            SELECT 'exchange.updated', 'exchange', after.uid, after.version,
                   ARRAY[after.offer_organisation_id, after.need_organisation_id]
            FROM after JOIN before USING (id)
            WHERE after.version IS DISTINCT FROM before.version;
    END IF;
    RETURN NULL;
END $$;
"""


def trigger(event, rows):
    return migrations.RunSQL(
        f"CREATE TRIGGER api_tell_{event} AFTER {event} ON marketplace_exchange REFERENCING {rows}"
        " FOR EACH STATEMENT EXECUTE FUNCTION api_tell_exchange()",
        f"DROP TRIGGER api_tell_{event} ON marketplace_exchange",
    )


class Migration(migrations.Migration):
    """The two parties of an exchange are told that it was opened or moved on."""

    dependencies = [("api", "0003_imports"), ("marketplace", "0004_exchanges")]

    operations = [
        migrations.RunSQL(EXCHANGE, "DROP FUNCTION api_tell_exchange()"),
        trigger("insert", "NEW TABLE AS after"),
        trigger("update", "OLD TABLE AS before NEW TABLE AS after"),
    ]
