from django.db import migrations

COUNT = """
CREATE SEQUENCE symbiosis_map_version;
CREATE FUNCTION symbiosis_map_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM nextval('symbiosis_map_version');
    RETURN NULL;
END $$;
CREATE TRIGGER symbiosis_mappoint_touched
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON symbiosis_mappoint
    FOR EACH STATEMENT EXECUTE FUNCTION symbiosis_map_touched();
CREATE TRIGGER symbiosis_mapflow_touched
    AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON symbiosis_mapflow
    FOR EACH STATEMENT EXECUTE FUNCTION symbiosis_map_touched();
"""
NOT = """
DROP TRIGGER symbiosis_mapflow_touched ON symbiosis_mapflow;
DROP TRIGGER symbiosis_mappoint_touched ON symbiosis_mappoint;
DROP FUNCTION symbiosis_map_touched();
DROP SEQUENCE symbiosis_map_version;
"""


class Migration(migrations.Migration):
    """A count of changes to the rows behind tiles, so that a kept tile is never an old one."""

    dependencies = [("symbiosis", "0008_workshops")]

    operations = [migrations.RunSQL(COUNT, NOT)]
