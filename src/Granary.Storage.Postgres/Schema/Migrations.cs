namespace Granary.Storage.Postgres.Schema;

/// <summary>The statements that bring a schema from one version to the next. Steps that were released never change.</summary>
internal static class Migrations
{
    /// <summary>How many numbers a store reserves at once, and so the step of the sequence.</summary>
    public const long NumberBlock = 65_536;

    /// <summary>The version this program reads and writes.</summary>
    public static int Version => Steps.Length;

    /// <summary>The step at index n leads from version n to n + 1; <c>{s}</c> stands for the quoted schema.</summary>
    public static IReadOnlyList<string> Of(string schema) => [.. Steps.Select(step => step.Replace("{s}", schema, StringComparison.Ordinal))];

    private static readonly string[] Steps =
    [
        // Times are UTC ticks: a due time comes back as it was given. Ids are compared byte by byte ("C"), which is the ordinal order of ASCII.
        // A partition's number is never used twice, so documents are bound to one life of their partition. Rows of partitions change with every
        // commit: room in their pages keeps these updates out of the indexes (heap-only tuples).
        // Numbers (versions, lives of partitions) come in blocks from a sequence, which gives none twice whatever is rolled back.
        """
        CREATE SEQUENCE {s}.numbers AS bigint INCREMENT BY 65536 MINVALUE 1 START WITH 1;
        CREATE TABLE {s}.probe(one boolean PRIMARY KEY CHECK (one), count bigint NOT NULL);
        INSERT INTO {s}.probe VALUES (true, 0);
        CREATE TABLE {s}.partitions(
            id text COLLATE "C" PRIMARY KEY,
            number bigint NOT NULL,
            version bigint NOT NULL,
            shard smallint NOT NULL,
            due_at bigint NULL,
            erased_at bigint NULL) WITH (fillfactor = 60);
        CREATE INDEX partitions_due ON {s}.partitions(shard, due_at) WHERE due_at IS NOT NULL;
        CREATE TABLE {s}.documents(
            partition bigint NOT NULL,
            id text COLLATE "C" NOT NULL,
            body bytea NOT NULL,
            PRIMARY KEY(partition, id)) WITH (fillfactor = 90);
        CREATE TABLE {s}.leftovers(
            number bigint PRIMARY KEY,
            partition text COLLATE "C" NOT NULL);
        CREATE INDEX leftovers_partition ON {s}.leftovers(partition);
        """ + WriteGroup + ErasePartition + SweepLeftover,
    ];

    // The whole group in one statement: no transaction is ever open while a client thinks, is frozen or has died, and one round trip is enough.
    // Commits come in the order of their partitions' ids, each partition once; rows are locked in that order, missing ones are inserted in that
    // order after all locks, so two groups never wait for each other in a circle. Every statement of the function sees what was committed
    // before it began (READ COMMITTED), and under the locked row of its partition nobody else writes documents.
    // Results: 0 committed, 1 conflict, 2 a document exists, 3 erased (CommitStatus); within the function also 4 new, 5 anew over a tombstone.
    // Plans must not depend on statistics that a young table does not have yet: by index, planned once.
    private const string WriteGroup =
        """
        CREATE FUNCTION {s}.write_group(
            ids text[], expected bigint[], recreate boolean[], due bigint[], shards smallint[], first bigint,
            insert_of integer[], insert_ids text[], insert_bodies bytea[],
            put_of integer[], put_ids text[], put_bodies bytea[],
            delete_of integer[], delete_ids text[])
        RETURNS smallint[] LANGUAGE plpgsql
        SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off SET jit = off
        AS $function$
        DECLARE
            states smallint[];
            lives bigint[];
            places integer[];
            place integer;
        BEGIN
            -- The subquery with its lock depends on the row before it, so it runs once for each id, in their order.
            SELECT array_agg(state), array_agg(CASE state WHEN 0 THEN life WHEN 4 THEN first + n - 1 WHEN 5 THEN first + n - 1 ELSE 0 END)
            INTO states, lives
            FROM (
                SELECT c.n, p.number AS life, (CASE
                    WHEN p.number IS NULL THEN CASE WHEN c.expected = 0 THEN 4 ELSE 1 END
                    WHEN p.erased_at IS NULL THEN CASE WHEN c.expected = p.version THEN 0 ELSE 1 END
                    WHEN NOT c.recreate THEN 3
                    WHEN c.expected = 0 THEN 5
                    ELSE 1 END)::smallint AS state
                FROM unnest(ids, expected, recreate) WITH ORDINALITY AS c(id, expected, recreate, n)
                LEFT JOIN LATERAL (SELECT number, version, erased_at FROM {s}.partitions WHERE partitions.id = c.id FOR UPDATE) AS p ON true) AS checked;

            IF 4 = ANY(states) THEN
                WITH added AS (
                    INSERT INTO {s}.partitions(id, number, version, shard, due_at)
                    SELECT c.id, first + c.n - 1, first + c.n - 1, c.shard, c.due
                    FROM unnest(ids, shards, due, states) WITH ORDINALITY AS c(id, shard, due, state, n) WHERE c.state = 4 ORDER BY c.n
                    ON CONFLICT (id) DO NOTHING
                    RETURNING number)
                SELECT array_agg((number - first + 1)::integer) INTO places FROM added;
                -- Somebody else made it in this moment.
                FOR i IN 1 .. cardinality(states) LOOP
                    IF states[i] = 4 AND (places IS NULL OR i <> ALL(places)) THEN
                        states[i] := 1;
                        lives[i] := 0;
                    END IF;
                END LOOP;
            END IF;

            -- A document that exists is rare, and told by the index without looking first; only then is it worth asking which ones are.
            IF cardinality(insert_of) > 0 THEN
                BEGIN
                    INSERT INTO {s}.documents(partition, id, body)
                    SELECT lives[w.commit], w.id, w.body FROM unnest(insert_of, insert_ids, insert_bodies) AS w(commit, id, body) WHERE lives[w.commit] <> 0;
                EXCEPTION WHEN unique_violation THEN
                    SELECT array_agg(DISTINCT w.commit) INTO places
                    FROM unnest(insert_of, insert_ids) AS w(commit, id)
                    CROSS JOIN LATERAL (SELECT FROM {s}.documents WHERE partition = lives[w.commit] AND documents.id = w.id LIMIT 1) AS d;
                    FOREACH place IN ARRAY places LOOP
                        states[place] := 2;
                        lives[place] := 0;
                    END LOOP;
                    INSERT INTO {s}.documents(partition, id, body)
                    SELECT lives[w.commit], w.id, w.body FROM unnest(insert_of, insert_ids, insert_bodies) AS w(commit, id, body) WHERE lives[w.commit] <> 0;
                END;
            END IF;

            UPDATE {s}.partitions SET number = c.life, version = first + c.n - 1, due_at = c.due, erased_at = NULL
            FROM unnest(ids, due, states, lives) WITH ORDINALITY AS c(id, due, state, life, n)
            WHERE partitions.id = c.id AND (c.state = 0 OR c.state = 5);

            IF cardinality(put_of) > 0 THEN
                INSERT INTO {s}.documents(partition, id, body)
                SELECT lives[w.commit], w.id, w.body FROM unnest(put_of, put_ids, put_bodies) AS w(commit, id, body) WHERE lives[w.commit] <> 0
                ON CONFLICT (partition, id) DO UPDATE SET body = excluded.body;
            END IF;
            IF cardinality(delete_of) > 0 THEN
                DELETE FROM {s}.documents USING unnest(delete_of, delete_ids) AS w(commit, id)
                WHERE documents.partition = lives[w.commit] AND documents.id = w.id AND lives[w.commit] <> 0;
            END IF;
            RETURN states;
        END
        $function$;

        """;

    // Takes the same time for every partition, for it holds up a writer: the documents hang on the old number, which nobody finds from here on.
    // The record of that number is what has them deleted, now or after a crash.
    private const string ErasePartition =
        """
        CREATE FUNCTION {s}.erase_partition(erased text, expected bigint, next_number bigint, shard_of smallint, now bigint, purge_at bigint)
        RETURNS boolean LANGUAGE plpgsql
        SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off
        AS $function$
        DECLARE
            found_row {s}.partitions%ROWTYPE;
        BEGIN
            LOOP
                SELECT * INTO found_row FROM {s}.partitions WHERE id = erased FOR UPDATE;
                IF FOUND THEN
                    IF found_row.erased_at IS NOT NULL THEN
                        RETURN true;
                    END IF;
                    IF found_row.version <> expected THEN
                        RETURN false;
                    END IF;
                    INSERT INTO {s}.leftovers(number, partition) VALUES (found_row.number, erased);
                    UPDATE {s}.partitions SET number = next_number, version = next_number, due_at = purge_at, erased_at = now WHERE id = erased;
                    RETURN true;
                END IF;
                INSERT INTO {s}.partitions(id, number, version, shard, due_at, erased_at)
                VALUES (erased, next_number, next_number, shard_of, purge_at, now) ON CONFLICT (id) DO NOTHING;
                IF FOUND THEN
                    RETURN true;
                END IF;
            END LOOP;
        END
        $function$;

        """;

    // Deletes a part of what an erasure left, in the order of the ids after the one given. Returns where to go on, or null when nothing is left and
    // the record is gone too. Several may be at it: the record's lock lets one part be deleted at a time, and nobody adds documents to a dead number.
    private const string SweepLeftover =
        """
        CREATE FUNCTION {s}.sweep_leftover(life bigint, start_after text, most integer)
        RETURNS text LANGUAGE plpgsql
        SET plan_cache_mode = force_generic_plan SET enable_seqscan = off SET enable_bitmapscan = off SET jit = off
        AS $function$
        DECLARE
            last text;
        BEGIN
            PERFORM set_config('synchronous_commit', 'on', true) WHERE current_setting('synchronous_commit') = 'off';
            PERFORM FROM {s}.leftovers WHERE number = life FOR UPDATE;
            IF NOT FOUND THEN
                RETURN NULL;
            END IF;
            SELECT id INTO last FROM {s}.documents
            WHERE partition = life AND id > start_after COLLATE "C" ORDER BY id OFFSET most - 1 LIMIT 1;
            IF last IS NULL THEN
                DELETE FROM {s}.documents WHERE partition = life;
                DELETE FROM {s}.leftovers WHERE number = life;
                RETURN NULL;
            END IF;
            DELETE FROM {s}.documents WHERE partition = life AND id > start_after COLLATE "C" AND id <= last COLLATE "C";
            RETURN last;
        END
        $function$;

        """;
}
