-- The index of the store: derived from its commits, thrown away and rebuilt at any doubt.

-- Whose index this is.
CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    store_id BLOB NOT NULL
) STRICT;

-- The last commit of each shard that is in here, with its last position and its checksum.
CREATE TABLE progress (
    shard INTEGER PRIMARY KEY,
    commit_number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    checksum INTEGER NOT NULL
) STRICT;

CREATE TABLE streams (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    shard INTEGER NOT NULL
) STRICT;

CREATE TABLE event_types (
    id INTEGER PRIMARY KEY,
    name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE events (
    -- The stream's id in the bits from 32 up, below them the version.
    key INTEGER PRIMARY KEY,
    position INTEGER NOT NULL,
    event_type INTEGER NOT NULL,
    effective_at_us INTEGER NOT NULL,
    record BLOB NOT NULL
) STRICT;

-- Where the outcome of a command lies in the store.
CREATE TABLE commands (
    -- The first 16 bytes of SHA-256 over the command's id.
    key BLOB PRIMARY KEY,
    -- As the key of the store's commits.
    commit_key INTEGER NOT NULL,
    place INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE usage (
    user TEXT PRIMARY KEY,
    last_used_at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE memberships (
    user TEXT NOT NULL,
    licensee TEXT NOT NULL,
    PRIMARY KEY (user, licensee)
) STRICT, WITHOUT ROWID;

CREATE TABLE timers (
    licensee TEXT PRIMARY KEY,
    due_at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE snapshots (
    stream TEXT PRIMARY KEY,
    version INTEGER NOT NULL,
    state_version INTEGER NOT NULL,
    -- The first 8 bytes of SHA-256 over the bytes.
    checksum INTEGER NOT NULL,
    bytes BLOB NOT NULL
) STRICT;
