"""Tables partitioned by day on their UUIDv7 key: pings, auctions, bids, commitments. References to them are plain columns."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import connection, migrations

PARTITIONED = ("intake_ping", "auction_auction", "auction_bid", "scoring_scorecommitment")
DAYS_AHEAD = 3

# The journal creates partitions but owns nothing: the function runs as the owner, and accepts these tables only.
MAKE_PARTITION = f"""
CREATE OR REPLACE FUNCTION leadwright_make_partition(parent text, day date) RETURNS boolean
LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    child text := parent || '_' || to_char(day, 'YYYYMMDD');
    first uuid := (lpad(to_hex((extract(epoch FROM day::timestamp) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
    next uuid := (lpad(to_hex((extract(epoch FROM (day + 1)::timestamp) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid;
BEGIN
    IF parent NOT IN {PARTITIONED} THEN
        RAISE EXCEPTION '% is not a journal table', parent;
    END IF;
    IF to_regclass(child) IS NOT NULL THEN
        RETURN false;
    END IF;
    EXECUTE format('CREATE TABLE %I PARTITION OF %I FOR VALUES FROM (%L) TO (%L)', child, parent, first, next);
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', child);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', child);
    RETURN true;
END $$;
REVOKE ALL ON FUNCTION leadwright_make_partition(text, date) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION leadwright_make_partition(text, date) TO engine;
"""  # noqa: S608  the names stand above


def partitioned(table: str) -> migrations.RunSQL:
    """Turn a fresh, empty table into one partitioned by id, with a default partition so that no row is ever refused."""
    return migrations.RunSQL(
        f"""
        ALTER TABLE "{table}" RENAME TO "{table}_plain";
        CREATE TABLE "{table}" (LIKE "{table}_plain" INCLUDING ALL) PARTITION BY RANGE (id);
        DROP TABLE "{table}_plain";
        CREATE TABLE "{table}_rest" PARTITION OF "{table}" DEFAULT;
        ALTER TABLE "{table}_rest" ENABLE ROW LEVEL SECURITY;
        ALTER TABLE "{table}_rest" FORCE ROW LEVEL SECURITY;
        """,
        migrations.RunSQL.noop,
    )


def ensure_partitions(today: date) -> int:
    """Create what is missing from yesterday to three days ahead; gives the number created. Needs the exchange's door."""
    days = [today + timedelta(days=shift) for shift in range(-1, DAYS_AHEAD + 1)]
    made = 0
    with connection.cursor() as cursor:
        for table in PARTITIONED:
            for day in days:
                cursor.execute("select leadwright_make_partition(%s, %s)", [table, day])
                made += int(cursor.fetchone()[0])
    return made
