"""Commitments get partitions as pings have them; the rows of a running exchange move into the partitions of their days."""

from django.db import migrations

from accounts import tenancy
from exchange.intake.partitions import MAKE_PARTITION

TABLE = "scoring_scorecommitment"
# A ping's id begins with its millisecond; days are UTC, as leadwright_make_partition cuts them.
MOVE = f"""
    ALTER TABLE {TABLE} RENAME TO {TABLE}_plain;
    CREATE TABLE {TABLE} (LIKE {TABLE}_plain INCLUDING DEFAULTS INCLUDING CONSTRAINTS) PARTITION BY RANGE (ping_id);
    CREATE TABLE {TABLE}_rest PARTITION OF {TABLE} DEFAULT;
    ALTER TABLE {TABLE}_rest ENABLE ROW LEVEL SECURITY;
    ALTER TABLE {TABLE}_rest FORCE ROW LEVEL SECURITY;
    SELECT leadwright_make_partition('{TABLE}', day) FROM (
        SELECT DISTINCT (to_timestamp(('x' || left(replace(ping_id::text, '-', ''), 12))::bit(48)::bigint / 1000.0)
            AT TIME ZONE 'UTC')::date AS day
        FROM {TABLE}_plain
    ) AS days;
    INSERT INTO {TABLE} SELECT * FROM {TABLE}_plain;
    DROP TABLE {TABLE}_plain;
    ALTER TABLE {TABLE} ADD CONSTRAINT {TABLE}_pkey PRIMARY KEY (ping_id);
    CREATE INDEX commitment_of_version ON {TABLE} (mode, model_version, served_at);
"""


class Migration(migrations.Migration):
    """They stay the exchange's own, and are never changed."""

    dependencies = (("intake", "0005_one_index_fewer"), ("auction", "0002_doors"), ("scoring", "0012_commitment_form"))

    operations = (
        migrations.RunSQL(MAKE_PARTITION, migrations.RunSQL.noop),
        migrations.RunSQL(MOVE, migrations.RunSQL.noop),
        tenancy.exchange_only(TABLE),
        tenancy.append_only(TABLE),
    )
