-- The index of the store: derived from its commits, thrown away and rebuilt at any doubt. Runs in the schema
-- `usher_index`, once that exists.

-- Whose index this is, and the format of these tables.
CREATE TABLE usher_index.meta (
    id integer PRIMARY KEY CHECK (id = 1),
    store_id bytea NOT NULL,
    format integer NOT NULL
);

-- The last commit of each shard that is in here, with its last position and its checksum.
CREATE TABLE usher_index.progress (
    shard integer PRIMARY KEY,
    commit_number bigint NOT NULL,
    position bigint NOT NULL,
    checksum bigint NOT NULL
) WITH (fillfactor = 20, autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 1000);

CREATE TABLE usher_index.streams (
    stream_id bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name text COLLATE "C" NOT NULL UNIQUE,
    shard integer NOT NULL
);

CREATE TABLE usher_index.event_types (
    type_id integer PRIMARY KEY GENERATED ALWAYS AS IDENTITY,
    name text COLLATE "C" NOT NULL UNIQUE
);

CREATE TABLE usher_index.events (
    stream_id bigint NOT NULL,
    version bigint NOT NULL,
    position bigint NOT NULL,
    effective_at_us bigint NOT NULL,
    type_id integer NOT NULL,
    record bytea NOT NULL,
    PRIMARY KEY (stream_id, version)
);

-- Where the outcome of a command lies in the store; of an id used twice, the one recorded later.
CREATE TABLE usher_index.commands (
    -- The first 16 bytes of SHA-256 over the command's id.
    key bytea PRIMARY KEY,
    recorded_at_us bigint NOT NULL,
    commit_number bigint NOT NULL,
    shard integer NOT NULL,
    -- Among the commit's records, from 0.
    place bigint NOT NULL
);

CREATE TABLE usher_index.usage (
    user_id text COLLATE "C" PRIMARY KEY,
    last_used_at_us bigint NOT NULL
);

CREATE TABLE usher_index.memberships (
    user_id text COLLATE "C" NOT NULL,
    licensee text COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, licensee)
);

CREATE TABLE usher_index.timers (
    licensee text COLLATE "C" PRIMARY KEY,
    due_at_us bigint NOT NULL
);

CREATE TABLE usher_index.snapshots (
    stream text COLLATE "C" PRIMARY KEY,
    version bigint NOT NULL,
    state_version bigint NOT NULL,
    -- The first 8 bytes of SHA-256 over the bytes.
    checksum bigint NOT NULL,
    bytes bytea NOT NULL
);

ALTER TABLE usher_index.snapshots ALTER COLUMN bytes SET STORAGE EXTERNAL;
