-- What was so before (ADR 13). The index is filled anew with it.

TRUNCATE usher_index.meta, usher_index.progress, usher_index.streams, usher_index.event_types, usher_index.events,
         usher_index.commands, usher_index.usage, usher_index.memberships, usher_index.timers, usher_index.snapshots;

ALTER TABLE usher_index.events ADD COLUMN recorded_at_us bigint NOT NULL;

-- The times of a thousand events of a stream that follow each other.
CREATE TABLE usher_index.blocks (
    stream_id bigint NOT NULL,
    -- The version of the last of its events.
    last_version bigint NOT NULL,
    effective_min_us bigint NOT NULL,
    effective_max_us bigint NOT NULL,
    recorded_max_us bigint NOT NULL,
    PRIMARY KEY (stream_id, last_version)
);

-- Every use that was the user's latest when it was noted.
CREATE TABLE usher_index.uses (
    user_id text COLLATE "C" NOT NULL,
    -- When it was noted.
    effective_at_us bigint NOT NULL,
    used_at_us bigint NOT NULL,
    recorded_at_us bigint NOT NULL,
    PRIMARY KEY (user_id, effective_at_us, used_at_us)
);

-- Who was ever a member of what.
CREATE TABLE usher_index.memberships_ever (
    user_id text COLLATE "C" NOT NULL,
    licensee text COLLATE "C" NOT NULL,
    PRIMARY KEY (user_id, licensee)
);

-- When each user was first named as a member, in a status or in a use.
CREATE TABLE usher_index.first_named (
    user_id text COLLATE "C" PRIMARY KEY,
    effective_at_us bigint NOT NULL,
    recorded_at_us bigint NOT NULL
);

-- States of long streams at some versions: a cache.
CREATE TABLE usher_index.past_states (
    stream text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    state_version bigint NOT NULL,
    -- The first 8 bytes of SHA-256 over the bytes.
    checksum bigint NOT NULL,
    bytes bytea NOT NULL,
    PRIMARY KEY (stream, version)
);

ALTER TABLE usher_index.past_states ALTER COLUMN bytes SET STORAGE EXTERNAL;
