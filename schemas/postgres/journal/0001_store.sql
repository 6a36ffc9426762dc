-- The event store: the only truth. Everything else can be rebuilt from it. Runs in the schema `usher`, once that exists.

-- What was fixed when the store was made, and the format of these tables.
CREATE TABLE usher.meta (
    id integer PRIMARY KEY CHECK (id = 1),
    store_id bytea NOT NULL,
    shards integer NOT NULL,
    format integer NOT NULL,
    -- By this the nodes of the store know each other; whoever can read it can write the store anyway.
    node_secret text NOT NULL
);

-- One row a commit; a partition a shard, made with the store, so that a shard can move to a server of its own.
CREATE TABLE usher.commits (
    shard integer NOT NULL,
    -- From 1, without a gap within the shard.
    number bigint NOT NULL,
    first_position bigint NOT NULL,
    records bigint NOT NULL,
    recorded_at_us bigint NOT NULL,
    -- The first 8 bytes of SHA-256 over shard, number, first position, records, time and block.
    checksum bigint NOT NULL,
    block bytea NOT NULL,
    PRIMARY KEY (shard, number)
) PARTITION BY LIST (shard);

-- A block is read and written as a whole; to compress it would cost more than it spares.
ALTER TABLE usher.commits ALTER COLUMN block SET STORAGE EXTERNAL;

-- The end of each shard: what the next commit has to follow, and the epoch that its writer has to name. Each commit
-- changes its rows, so there is room for new versions beside the old ones, and they are cleared away soon.
CREATE TABLE usher.heads (
    shard integer PRIMARY KEY,
    commit_number bigint NOT NULL,
    position bigint NOT NULL,
    epoch bigint NOT NULL
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- The kept clock: the latest of all rows. Whoever commits sets the row of its first shard, so that nobody waits for
-- the writer of another shard.
CREATE TABLE usher.clock (
    shard integer PRIMARY KEY,
    now_us bigint NOT NULL
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

-- The erasable tables: the only place for names, addresses and free text (R30).
CREATE TABLE usher.persons (
    user_id text COLLATE "C" PRIMARY KEY,
    username text COLLATE "C" NOT NULL,
    name text NOT NULL,
    email text NOT NULL
);

CREATE INDEX persons_by_username ON usher.persons (username, user_id);

CREATE TABLE usher.licensee_details (
    licensee text COLLATE "C" PRIMARY KEY,
    name text NOT NULL,
    contact_email text
);

CREATE TABLE usher.status_reasons (
    user_id text COLLATE "C" NOT NULL,
    command_id text COLLATE "C" NOT NULL,
    reason text NOT NULL,
    PRIMARY KEY (user_id, command_id)
);

-- How often something was erased, and up to which time the erased rows were cleared away.
CREATE TABLE usher.erasure (
    id integer PRIMARY KEY CHECK (id = 1),
    asked bigint NOT NULL,
    done bigint NOT NULL
);

INSERT INTO usher.erasure (id, asked, done) VALUES (1, 0, 0);

-- The status of users by the last committed change; whoever is not in here is active.
CREATE TABLE usher.users (
    user_id text COLLATE "C" PRIMARY KEY,
    -- Of the user's stream, with the event that set the status.
    version bigint NOT NULL,
    status text NOT NULL
);

-- Who was ever to become a member of what: noted before the status is read.
CREATE TABLE usher.enlistments (
    user_id text COLLATE "C" NOT NULL,
    licensee text COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, licensee)
);

-- Changes of a status that some licensees are still to be told of.
CREATE TABLE usher.news (
    -- Where the user's event lies.
    shard integer NOT NULL,
    position bigint NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    status text NOT NULL,
    command_id text COLLATE "C" NOT NULL,
    actor text NOT NULL,
    effective_at_us bigint NOT NULL,
    -- The licensees that took note in the commit of the event itself.
    told text[] NOT NULL,
    PRIMARY KEY (shard, position)
);

-- The processes on the store, as long as they renew.
CREATE TABLE usher.nodes (
    node_id uuid PRIMARY KEY,
    address text NOT NULL,
    duties text[] NOT NULL,
    alive_until timestamptz NOT NULL
) WITH (fillfactor = 50);

-- Who does what. The epoch of `write` is the one in `heads`.
CREATE TABLE usher.leases (
    duty text NOT NULL,
    shard integer NOT NULL,
    epoch bigint NOT NULL,
    holder uuid REFERENCES usher.nodes (node_id) ON DELETE SET NULL,
    PRIMARY KEY (duty, shard)
) WITH (fillfactor = 50);
