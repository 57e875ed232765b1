from django.db import migrations

PART = """
CREATE FUNCTION api_tell_part_of_exchange() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO api_event (type, subject, subject_uid, version, parties)
        SELECT TG_ARGV[0], 'exchange', x.uid, x.version,
               ARRAY[x.offer_organisation_id, x.need_organisation_id]
        FROM after JOIN marketplace_exchange x ON x.id = after.exchange_id;
    RETURN NULL;
END $$;
"""


def trigger(table, word):
    return migrations.RunSQL(
        f"CREATE TRIGGER api_tell_insert AFTER insert ON {table} REFERENCING NEW TABLE AS after"
        f" FOR EACH STATEMENT EXECUTE FUNCTION api_tell_part_of_exchange('{word}')",
        f"DROP TRIGGER api_tell_insert ON {table}",
    )


class Migration(migrations.Migration):
    """The two parties of an exchange are told of messages and documents under it."""

    dependencies = [("api", "0008_federation"), ("marketplace", "0008_audit_trail")]

    operations = [
        migrations.RunSQL(PART, "DROP FUNCTION api_tell_part_of_exchange()"),
        trigger("marketplace_message", "exchange.message"),
        trigger("marketplace_document", "exchange.document"),
    ]
