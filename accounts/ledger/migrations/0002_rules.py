"""What PostgreSQL itself guarantees of the books: who sees what, nothing changes, every event balances."""

from django.db import migrations

from accounts import tenancy

# An entry belongs to the organization of its account and is in the account's currency.
SAME_OWNER = """
ALTER TABLE ledger_entry ADD CONSTRAINT ledger_entry_of_account
    FOREIGN KEY (account_id, organization_id, currency) REFERENCES ledger_account (id, organization_id, currency);
"""

# Versions of credit come from one counter, so that "changed since version v" has one meaning for all accounts.
VERSIONS = """
CREATE SEQUENCE ledger_credit_version;
GRANT USAGE ON SEQUENCE ledger_credit_version TO engine;
"""

# The check of an event runs when the transaction commits. A committed event has exactly the entries its header counts, so none can be added
# later; that is checked at once. Both run as the owner of the tables: whichever role wrote, they see all legs, because the owner's own
# policy lets them through the forced row level security.
CHECKS = """
CREATE FUNCTION ledger_check_event() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    found record;
BEGIN
    SELECT count(*) AS legs, coalesce(sum(e.amount), 0) AS total, count(DISTINCT e.currency) AS currencies,
           coalesce(bool_and(e.kind = NEW.kind AND e.occurred_at = NEW.occurred_at AND e.quote_id IS NOT DISTINCT FROM NEW.quote_id), false)
               AS same
      INTO found FROM public.ledger_entry e WHERE e.event_id = NEW.id;
    IF found.legs < 2 OR found.legs <> NEW.legs THEN
        RAISE EXCEPTION 'event % has % entries, its header says %', NEW.id, found.legs, NEW.legs
            USING ERRCODE = 'integrity_constraint_violation';
    ELSIF found.currencies <> 1 THEN
        RAISE EXCEPTION 'event % mixes % currencies', NEW.id, found.currencies USING ERRCODE = 'integrity_constraint_violation';
    ELSIF found.total <> 0 THEN
        RAISE EXCEPTION 'event % adds up to %, not to 0', NEW.id, found.total USING ERRCODE = 'integrity_constraint_violation';
    ELSIF NOT found.same THEN
        RAISE EXCEPTION 'entries of event % contradict its header', NEW.id USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER ledger_event_balanced AFTER INSERT ON ledger_event
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ledger_check_event();

CREATE FUNCTION ledger_check_entries() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, pg_temp AS $$
DECLARE
    full_event uuid;
BEGIN
    SELECT head.id INTO full_event
      FROM (SELECT DISTINCT event_id FROM added) touched JOIN public.ledger_event head ON head.id = touched.event_id
     WHERE (SELECT count(*) FROM public.ledger_entry e WHERE e.event_id = head.id) > head.legs LIMIT 1;
    IF full_event IS NOT NULL THEN
        RAISE EXCEPTION 'event % has all its entries already', full_event USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE TRIGGER ledger_entry_belongs AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_check_entries();
"""

# The one way to write events, as a function so that each session plans it once. Entries are selected from the headers that were really
# inserted: a repeated key, or a quote that was sold before, writes nothing at all. A leg without account is the exchange's margin, in the
# currency of the first account named. Gives the event's id once per entry written.
WRITE = """
CREATE FUNCTION ledger_write(
    ids uuid[], kinds text[], keys text[], quotes uuid[], reversed uuid[], leg_counts int[], times timestamptz[], memos text[],
    leg_ids uuid[], leg_events uuid[], leg_accounts uuid[], leg_kinds text[], leg_amounts bigint[]
) RETURNS SETOF uuid LANGUAGE plpgsql AS $$
BEGIN
    RETURN QUERY
    WITH headers AS (
        INSERT INTO ledger_event AS written (id, kind, idempotency_key, quote_id, reverses_id, legs, occurred_at, memo)
        SELECT * FROM unnest(ids, kinds, keys, quotes, reversed, leg_counts, times, memos)
            AS given (id, kind, idempotency_key, quote_id, reverses_id, legs, occurred_at, memo)
        ORDER BY given.idempotency_key
        ON CONFLICT DO NOTHING
        RETURNING written.id, written.kind, written.quote_id, written.occurred_at
    ), house AS (
        SELECT margin.id FROM ledger_account margin
        WHERE margin.kind = 'margin'
          AND margin.currency = (SELECT paying.currency FROM ledger_account paying WHERE paying.id = leg_accounts[1])
    )
    INSERT INTO ledger_entry AS entry (id, event_id, account_id, organization_id, currency, kind, amount, occurred_at, quote_id)
    SELECT leg.id, headers.id, account.id, account.organization_id, account.currency, headers.kind, leg.amount, headers.occurred_at,
           headers.quote_id
    FROM headers
    JOIN unnest(leg_ids, leg_events, leg_accounts, leg_kinds, leg_amounts) AS leg (id, event_id, account_id, account_kind, amount)
        ON leg.event_id = headers.id
    JOIN ledger_account account
        ON account.id = coalesce(leg.account_id, (SELECT house.id FROM house)) AND account.kind = leg.account_kind
    RETURNING entry.event_id;
END $$;
REVOKE EXECUTE ON FUNCTION ledger_write FROM PUBLIC;
GRANT EXECUTE ON FUNCTION ledger_write TO engine;
"""


class Migration(migrations.Migration):
    """Close the tables, open the doors, set the triggers."""

    dependencies = (("ledger", "0001_initial"), ("accounts", "0002_doors"))

    operations = (
        tenancy.owned("ledger_account", writable=False),
        tenancy.exchange_only("ledger_event"),
        tenancy.owned("ledger_entry", writable=False),
        migrations.RunSQL(SAME_OWNER, "ALTER TABLE ledger_entry DROP CONSTRAINT ledger_entry_of_account"),
        migrations.RunSQL(VERSIONS, "DROP SEQUENCE ledger_credit_version"),
        migrations.RunSQL(
            CHECKS,
            "DROP TRIGGER ledger_event_balanced ON ledger_event; DROP TRIGGER ledger_entry_belongs ON ledger_entry;"
            " DROP FUNCTION ledger_check_event(), ledger_check_entries();",
        ),
        migrations.RunSQL(WRITE, "DROP FUNCTION ledger_write"),
        tenancy.append_only("ledger_event"),
        tenancy.append_only("ledger_entry"),
    )
