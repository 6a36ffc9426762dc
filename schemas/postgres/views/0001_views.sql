-- The read models: derived from the journal, thrown away and rebuilt at any doubt. No name, address or free text is in
-- the tables (R30); the SQL views join those from the journal's erasable tables when they are read.

CREATE SCHEMA usher_views;

-- Whose views these are, of which format, and since when: whoever meets a later time starts over from it.
CREATE TABLE usher_views.meta (
    id integer PRIMARY KEY CHECK (id = 1),
    store_id bytea NOT NULL,
    format integer NOT NULL,
    made_at timestamptz NOT NULL
);

-- The last commit of each shard that is in here, with its last position and its checksum.
CREATE TABLE usher_views.positions (
    shard integer PRIMARY KEY,
    commit_number bigint NOT NULL,
    position bigint NOT NULL,
    checksum bigint NOT NULL,
    -- Stands for the catalogue that timers and products of the shard's licensees go by; 0 for none yet.
    catalogue bigint NOT NULL,
    fed_at timestamptz NOT NULL
) WITH (fillfactor = 50);

CREATE TABLE usher_views.licensees (
    licensee text COLLATE "C" PRIMARY KEY,
    -- Where its last event lies.
    shard integer NOT NULL,
    position bigint NOT NULL,
    version bigint NOT NULL,
    offering text,
    subscription text,
    plan text,
    status text,
    subscription_seats bigint,
    starts_at timestamptz,
    ends_at timestamptz,
    grace_ends_at timestamptz,
    members bigint NOT NULL,
    -- Seats in all of its pools, and how many of them are taken.
    quantity bigint NOT NULL,
    assigned bigint NOT NULL,
    -- Each product as in effect, as the interface shows it.
    products jsonb NOT NULL,
    instance_version text,
    last_synced_at timestamptz,
    -- The account as folded from the events, by postcard.
    account bytea NOT NULL
-- Nearly every event changes such a row, but never its key: with room left in its page no index has to hear of it.
) WITH (fillfactor = 50);

CREATE TABLE usher_views.members (
    licensee text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    role text NOT NULL,
    type text NOT NULL,
    status text NOT NULL,
    -- Whether the member holds a seat, a retained one included.
    seated boolean NOT NULL,
    PRIMARY KEY (licensee, user_id)
);

-- The seats that are held, retained ones included.
CREATE TABLE usher_views.seats (
    licensee text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    product text COLLATE "C" NOT NULL,
    assigned_at timestamptz NOT NULL,
    -- The version of the event that gave it: the order of assignment (R22).
    assigned_version bigint NOT NULL,
    PRIMARY KEY (licensee, user_id, product)
);

-- Everybody who was ever named as a member, in a status or in a use.
CREATE TABLE usher_views.users (
    user_id text COLLATE "C" PRIMARY KEY,
    status text NOT NULL
);

CREATE TABLE usher_views.usage (
    user_id text COLLATE "C" PRIMARY KEY,
    last_used_at timestamptz NOT NULL
);

-- What is armed, of each licensee in the order in which it goes.
CREATE TABLE usher_views.timers (
    licensee text COLLATE "C" NOT NULL,
    place integer NOT NULL,
    kind text NOT NULL,
    due_at timestamptz NOT NULL,
    PRIMARY KEY (licensee, place)
);

-- What was refused, by the licensee that it named, whether that exists or not. Those of one licensee lie in one shard,
-- so their positions are their order.
CREATE TABLE usher_views.refusals (
    licensee text COLLATE "C" NOT NULL,
    shard integer NOT NULL,
    position bigint NOT NULL,
    recorded_at timestamptz NOT NULL,
    command_id text NOT NULL,
    type text NOT NULL,
    code text NOT NULL,
    detail text NOT NULL,
    actor text NOT NULL,
    available bigint,
    requested bigint,
    users text[] NOT NULL,
    PRIMARY KEY (licensee, shard, position)
);

-- Numbers over everything, by the shard in which they arose: so nobody waits for whoever keeps another shard.
CREATE TABLE usher_views.shard_totals (
    shard integer PRIMARY KEY,
    licensees bigint NOT NULL,
    members bigint NOT NULL,
    seats bigint NOT NULL,
    events bigint NOT NULL,
    refusals bigint NOT NULL
) WITH (fillfactor = 50);

-- How many seats were ever taken away for which reason.
CREATE TABLE usher_views.shard_removals (
    shard integer NOT NULL,
    reason text NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (shard, reason)
);

-- How many commands were ever refused for which reason, whether they named a licensee or not.
CREATE TABLE usher_views.shard_refusals (
    shard integer NOT NULL,
    code text NOT NULL,
    count bigint NOT NULL,
    PRIMARY KEY (shard, code)
);

-- Orders of members that were fixed when somebody began to page through them, for whichever node gets the next page.
-- Without a log: after a crash of the server they are gone, and whoever was paging starts again.
CREATE UNLOGGED TABLE usher_views.orders (
    name bigint PRIMARY KEY,
    -- How many are fixed.
    members bigint NOT NULL,
    expires_at timestamptz NOT NULL,
    -- Of one that is fixed as far as somebody has paged: where it goes on, behind a value or an id. Those that are whole
    -- from the beginning have none, and lie in order_parts.
    stage text CHECK (stage IN ('values', 'ids', 'end')),
    last_value text,
    last_user text
);

CREATE UNLOGGED TABLE usher_views.ordered (
    name bigint NOT NULL REFERENCES usher_views.orders ON DELETE CASCADE,
    place bigint NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    PRIMARY KEY (name, place),
    UNIQUE (name, user_id)
);

CREATE UNLOGGED TABLE usher_views.order_parts (
    name bigint NOT NULL REFERENCES usher_views.orders ON DELETE CASCADE,
    part integer NOT NULL,
    users text[] NOT NULL,
    PRIMARY KEY (name, part)
);

-- The text without regard to letter case: by Unicode, where the server knows it, whatever the database's own locale.
DO $$
DECLARE
    best text := coalesce(
        (SELECT 'COLLATE pg_catalog.' || quote_ident(collname) FROM pg_catalog.pg_collation
         WHERE collname IN ('und-x-icu', 'pg_c_utf8') ORDER BY collname DESC LIMIT 1),
        '');
BEGIN
    EXECUTE format(
        'CREATE FUNCTION usher_views.folded(text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE
         AS ''SELECT pg_catalog.lower($1 %s) COLLATE "C"''', best);
END $$;

CREATE VIEW usher_views.totals AS
    SELECT sum(licensees)::bigint AS licensees, sum(members)::bigint AS members, sum(seats)::bigint AS seats,
           sum(events)::bigint AS events, sum(refusals)::bigint AS refusals
    FROM usher_views.shard_totals;

CREATE VIEW usher_views.removals AS
    SELECT reason, sum(count)::bigint AS count FROM usher_views.shard_removals GROUP BY reason;

CREATE VIEW usher_views.licensee_list AS
    SELECT l.licensee, d.name, l.offering, l.plan, l.status, l.subscription_seats, l.starts_at, l.ends_at, l.members,
           l.quantity, l.assigned, l.quantity - l.assigned AS available, l.version
    FROM usher_views.licensees l LEFT JOIN usher.licensee_details d ON d.licensee = l.licensee;

CREATE VIEW usher_views.seat_pools AS
    SELECT l.licensee, p.product, p.facts ->> 'add_on' AS add_on, p.facts ->> 'status' AS status,
           (p.facts ->> 'trial')::boolean AS trial, (p.facts ->> 'quantity')::bigint AS quantity,
           (p.facts ->> 'assigned')::bigint AS assigned, (p.facts ->> 'available')::bigint AS available,
           (p.facts ->> 'ends_at')::timestamptz AS ends_at,
           (p.facts ->> 'grace_ends_at')::timestamptz AS grace_ends_at
    FROM usher_views.licensees l CROSS JOIN LATERAL jsonb_each(l.products) AS p (product, facts);

CREATE VIEW usher_views.member_list AS
    SELECT m.licensee, m.user_id, p.username, p.name, p.email, m.role, m.type, m.status,
           s.assigned_at IS NOT NULL AS assigned, s.assigned_at, u.last_used_at
    FROM usher_views.members m
         LEFT JOIN usher.persons p ON p.user_id = m.user_id
         LEFT JOIN usher_views.usage u ON u.user_id = m.user_id
         LEFT JOIN LATERAL (SELECT min(s.assigned_at) AS assigned_at FROM usher_views.seats s
                            WHERE s.licensee = m.licensee AND s.user_id = m.user_id) s ON true;
