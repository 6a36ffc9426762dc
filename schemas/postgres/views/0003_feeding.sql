-- What feeding the read models does, as functions: a server keeps the plans of what stands in them, and one statement that
-- calls them is all of a transaction. They have a schema of their own, as `usher_views` is made anew under whoever is calling
-- them. A changed one gets another name or other parameters: older programs go on calling these.
--
-- Each is true when it is done, so that whoever calls several can say in which order. Rows are found by their keys, whatever
-- the planner thinks of reading whole tables: what it thinks is kept, and tables grow.

CREATE SCHEMA IF NOT EXISTS usher_feeding;

-- Locks the marks of shards until the transaction ends, in the order of the shards. Whether they are where they are thought
-- to be, in the tables of this time and of no newer format; else nothing is to be written.
CREATE OR REPLACE FUNCTION usher_feeding.hold_marks(
    shards integer[], commit_numbers bigint[], last_positions bigint[], made_at_us bigint, newest_format integer
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    -- By a statement of its own, which waits; the next one sees what was committed meanwhile.
    PERFORM FROM usher_views.positions p WHERE p.shard = ANY (shards) ORDER BY p.shard FOR UPDATE;
    RETURN EXISTS (
        SELECT FROM usher_views.meta m
        WHERE m.id = 1 AND (extract(epoch FROM m.made_at) * 1000000)::bigint = made_at_us AND m.format <= newest_format
    ) AND cardinality(shards) = (
        SELECT count(*) FROM unnest(shards, commit_numbers, last_positions) AS w (shard, commit_number, position)
            JOIN usher_views.positions p
            ON p.shard = w.shard AND p.commit_number = w.commit_number AND p.position = w.position);
END $$;

-- Sets the marks of shards.
CREATE OR REPLACE FUNCTION usher_feeding.put_marks(
    shards integer[], commit_numbers bigint[], last_positions bigint[], checksums bigint[]
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE usher_views.positions p
    SET commit_number = w.commit_number, position = w.position, checksum = w.checksum, fed_at = now()
    FROM unnest(shards, commit_numbers, last_positions, checksums) AS w (shard, commit_number, position, checksum)
    WHERE p.shard = w.shard;
    RETURN true;
END $$;

-- Keeps the rows of licensees as a whole.
CREATE OR REPLACE FUNCTION usher_feeding.put_licensees(
    licensees text[], shards integer[], last_positions bigint[], versions bigint[], offerings text[], subscriptions text[],
    plans text[], statuses text[], seats_of_subscriptions bigint[], starts timestamptz[], ends timestamptz[],
    grace_ends timestamptz[], member_counts bigint[], quantities bigint[], assigned_counts bigint[],
    products_as_json text[], instance_versions text[], last_syncs timestamptz[], accounts bytea[]
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO usher_views.licensees
        (licensee, shard, position, version, offering, subscription, plan, status, subscription_seats, starts_at,
         ends_at, grace_ends_at, members, quantity, assigned, products, instance_version, last_synced_at, account)
    SELECT w.licensee, w.shard, w.position, w.version, w.offering, w.subscription, w.plan, w.status,
           w.subscription_seats, w.starts_at, w.ends_at, w.grace_ends_at, w.members, w.quantity, w.assigned,
           w.products::jsonb, w.instance_version, w.last_synced_at, w.account
    FROM unnest(licensees, shards, last_positions, versions, offerings, subscriptions, plans, statuses,
                seats_of_subscriptions, starts, ends, grace_ends, member_counts, quantities, assigned_counts,
                products_as_json, instance_versions, last_syncs, accounts)
        AS w (licensee, shard, position, version, offering, subscription, plan, status, subscription_seats, starts_at,
              ends_at, grace_ends_at, members, quantity, assigned, products, instance_version, last_synced_at, account)
    ON CONFLICT (licensee) DO UPDATE SET
        (shard, position, version, offering, subscription, plan, status, subscription_seats, starts_at, ends_at,
         grace_ends_at, members, quantity, assigned, products, instance_version, last_synced_at, account)
        = (excluded.shard, excluded.position, excluded.version, excluded.offering, excluded.subscription,
           excluded.plan, excluded.status, excluded.subscription_seats, excluded.starts_at, excluded.ends_at,
           excluded.grace_ends_at, excluded.members, excluded.quantity, excluded.assigned, excluded.products,
           excluded.instance_version, excluded.last_synced_at, excluded.account);
    RETURN true;
END $$;

-- Notes seats that are held and such as are not any more, and with the members whether they have one now.
CREATE OR REPLACE FUNCTION usher_feeding.change_seats(
    given_licensees text[], given_users text[], given_products text[], given_at timestamptz[], given_versions bigint[],
    removed_licensees text[], removed_users text[], removed_products text[]
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(given_users) > 0 THEN
        INSERT INTO usher_views.seats (licensee, user_id, product, assigned_at, assigned_version)
        SELECT w.licensee, w.user_id, w.product, w.assigned_at, w.assigned_version
        FROM unnest(given_licensees, given_users, given_products, given_at, given_versions)
            AS w (licensee, user_id, product, assigned_at, assigned_version)
        ON CONFLICT (licensee, user_id, product) DO UPDATE
        SET (assigned_at, assigned_version) = (excluded.assigned_at, excluded.assigned_version);
    END IF;
    IF cardinality(removed_users) > 0 THEN
        DELETE FROM usher_views.seats s
        USING unnest(removed_licensees, removed_users, removed_products) AS w (licensee, user_id, product)
        WHERE s.licensee = w.licensee AND s.user_id = w.user_id AND s.product = w.product;
    END IF;
    IF cardinality(given_users) > 0 THEN
        UPDATE usher_views.members m SET seated = true
        FROM unnest(given_licensees, given_users) AS w (licensee, user_id)
        WHERE m.licensee = w.licensee AND m.user_id = w.user_id AND NOT m.seated;
    END IF;
    IF cardinality(removed_users) > 0 THEN
        -- Whoever lost one may have others.
        UPDATE usher_views.members m SET seated = false
        FROM unnest(removed_licensees, removed_users) AS w (licensee, user_id)
        WHERE m.licensee = w.licensee AND m.user_id = w.user_id AND m.seated AND NOT EXISTS (
            SELECT FROM usher_views.seats s WHERE s.licensee = w.licensee AND s.user_id = w.user_id);
    END IF;
    RETURN true;
END $$;

-- Keeps memberships as a whole; the seats are to be noted before.
CREATE OR REPLACE FUNCTION usher_feeding.put_members(
    licensees text[], users text[], roles text[], types text[], statuses text[]
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO usher_views.members (licensee, user_id, role, type, status, seated)
    SELECT w.licensee, w.user_id, w.role, w.type, w.status, EXISTS (
        SELECT FROM usher_views.seats s WHERE s.licensee = w.licensee AND s.user_id = w.user_id)
    FROM unnest(licensees, users, roles, types, statuses) AS w (licensee, user_id, role, type, status)
    ON CONFLICT (licensee, user_id) DO UPDATE
    SET (role, type, status, seated) = (excluded.role, excluded.type, excluded.status, excluded.seated);
    RETURN true;
END $$;

-- Changes what is not null of those memberships that there are.
CREATE OR REPLACE FUNCTION usher_feeding.update_members(
    licensees text[], users text[], roles text[], types text[], statuses text[]
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE usher_views.members m
    SET role = coalesce(w.role, m.role), type = coalesce(w.type, m.type), status = coalesce(w.status, m.status)
    FROM unnest(licensees, users, roles, types, statuses) AS w (licensee, user_id, role, type, status)
    WHERE m.licensee = w.licensee AND m.user_id = w.user_id;
    RETURN true;
END $$;

CREATE OR REPLACE FUNCTION usher_feeding.remove_members(licensees text[], users text[]) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM usher_views.members m
    USING unnest(licensees, users) AS w (licensee, user_id)
    WHERE m.licensee = w.licensee AND m.user_id = w.user_id;
    RETURN true;
END $$;

-- Sets what is armed of some licensees: each place of each that has any.
CREATE OR REPLACE FUNCTION usher_feeding.put_timers(
    changed text[], licensees text[], places integer[], kinds text[], due timestamptz[]
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM usher_views.timers t WHERE t.licensee = ANY (changed);
    INSERT INTO usher_views.timers (licensee, place, kind, due_at)
    SELECT w.licensee, w.place, w.kind, w.due_at
    FROM unnest(licensees, places, kinds, due) AS w (licensee, place, kind, due_at);
    RETURN true;
END $$;

-- Notes that users were named; whoever is new has this status.
CREATE OR REPLACE FUNCTION usher_feeding.name_users(users text[], first_status text) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO usher_views.users (user_id, status)
    SELECT w.user_id, first_status FROM unnest(users) AS w (user_id)
    ON CONFLICT (user_id) DO NOTHING;
    RETURN true;
END $$;

-- Sets the status of users that there are.
CREATE OR REPLACE FUNCTION usher_feeding.set_statuses(users text[], statuses text[]) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE usher_views.users u SET status = w.status
    FROM unnest(users, statuses) AS w (user_id, status) WHERE u.user_id = w.user_id;
    RETURN true;
END $$;

-- Notes uses; only the last one of each user counts.
CREATE OR REPLACE FUNCTION usher_feeding.use_at(users text[], times timestamptz[]) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO usher_views.usage AS u (user_id, last_used_at)
    SELECT w.user_id, w.last_used_at FROM unnest(users, times) AS w (user_id, last_used_at)
    ON CONFLICT (user_id) DO UPDATE SET last_used_at = greatest(u.last_used_at, excluded.last_used_at);
    RETURN true;
END $$;

-- Keeps refusals; their users are JSON arrays, as there are no arrays of arrays of different lengths.
CREATE OR REPLACE FUNCTION usher_feeding.put_refusals(
    licensees text[], shards integer[], its_positions bigint[], times timestamptz[], command_ids text[], types text[],
    codes text[], details text[], actors text[], availables bigint[], requesteds bigint[], users_as_json text[]
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO usher_views.refusals
        (licensee, shard, position, recorded_at, command_id, type, code, detail, actor, available, requested, users)
    SELECT w.licensee, w.shard, w.position, w.recorded_at, w.command_id, w.type, w.code, w.detail, w.actor,
           w.available, w.requested, ARRAY(SELECT jsonb_array_elements_text(w.users::jsonb))
    FROM unnest(licensees, shards, its_positions, times, command_ids, types, codes, details, actors, availables,
                requesteds, users_as_json)
        AS w (licensee, shard, position, recorded_at, command_id, type, code, detail, actor, available, requested,
              users);
    RETURN true;
END $$;

-- Adds to how many commands were refused for which reason.
CREATE OR REPLACE FUNCTION usher_feeding.add_refused(shards integer[], codes text[], counts bigint[]) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO usher_views.shard_refusals AS r (shard, code, count)
    SELECT w.shard, w.code, sum(w.count)
    FROM unnest(shards, codes, counts) AS w (shard, code, count) GROUP BY w.shard, w.code
    ON CONFLICT (shard, code) DO UPDATE SET count = r.count + excluded.count;
    RETURN true;
END $$;

-- Adds to the numbers of shards, and to how many seats were taken away for which reason.
CREATE OR REPLACE FUNCTION usher_feeding.add_totals(
    shards integer[], licensee_counts bigint[], member_counts bigint[], seat_counts bigint[], event_counts bigint[],
    refusal_counts bigint[], removal_shards integer[], removal_reasons text[], removal_counts bigint[]
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    UPDATE usher_views.shard_totals t
    SET licensees = t.licensees + w.licensees, members = t.members + w.members, seats = t.seats + w.seats,
        events = t.events + w.events, refusals = t.refusals + w.refusals
    FROM unnest(shards, licensee_counts, member_counts, seat_counts, event_counts, refusal_counts)
        AS w (shard, licensees, members, seats, events, refusals)
    WHERE t.shard = w.shard;
    IF cardinality(removal_shards) > 0 THEN
        INSERT INTO usher_views.shard_removals AS r (shard, reason, count)
        SELECT w.shard, w.reason, w.count
        FROM unnest(removal_shards, removal_reasons, removal_counts) AS w (shard, reason, count)
        ON CONFLICT (shard, reason) DO UPDATE SET count = r.count + excluded.count;
    END IF;
    RETURN true;
END $$;

-- The settings of every one of them; compiling a plan costs more than it saves for rows that are found by their keys.
DO $$
DECLARE
    made regprocedure;
BEGIN
    FOR made IN SELECT oid FROM pg_proc WHERE pronamespace = 'usher_feeding'::regnamespace LOOP
        EXECUTE format(
            'ALTER FUNCTION %s SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off
             SET plan_cache_mode = force_generic_plan SET jit = off', made);
    END LOOP;
END $$;
