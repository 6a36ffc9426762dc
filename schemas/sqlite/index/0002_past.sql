-- What was so before (ADR 13). The index is filled anew with it.

ALTER TABLE events ADD COLUMN recorded_at_us INTEGER NOT NULL DEFAULT 0;

-- The times of a thousand events of a stream that follow each other.
CREATE TABLE blocks (
    -- That of the last of its events.
    key INTEGER PRIMARY KEY,
    effective_min_us INTEGER NOT NULL,
    effective_max_us INTEGER NOT NULL,
    recorded_max_us INTEGER NOT NULL
) STRICT;

-- Every use that was the user's latest when it was noted.
CREATE TABLE uses (
    user TEXT NOT NULL,
    -- When it was noted.
    effective_at_us INTEGER NOT NULL,
    used_at_us INTEGER NOT NULL,
    recorded_at_us INTEGER NOT NULL,
    PRIMARY KEY (user, effective_at_us, used_at_us)
) STRICT, WITHOUT ROWID;

-- Who was ever a member of what.
CREATE TABLE memberships_ever (
    user TEXT NOT NULL,
    licensee TEXT NOT NULL,
    PRIMARY KEY (user, licensee)
) STRICT, WITHOUT ROWID;

-- When each user was first named as a member, in a status or in a use.
CREATE TABLE first_named (
    user TEXT PRIMARY KEY,
    effective_at_us INTEGER NOT NULL,
    recorded_at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- States of long streams at some versions: a cache.
CREATE TABLE past_states (
    stream TEXT NOT NULL,
    version INTEGER NOT NULL,
    state_version INTEGER NOT NULL,
    -- The first 8 bytes of SHA-256 over the bytes.
    checksum INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (stream, version)
) STRICT;
