-- The event store: the only truth. Everything else can be rebuilt from it.

-- What was fixed when the store was made.
CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    store_id BLOB NOT NULL,
    shards INTEGER NOT NULL
) STRICT;

-- One row a commit, in the order of a shard.
CREATE TABLE commits (
    -- The shard in the bits from 40 up, below them the commit's number in its shard, from 1.
    key INTEGER PRIMARY KEY,
    first_position INTEGER NOT NULL,
    records INTEGER NOT NULL,
    recorded_at_us INTEGER NOT NULL,
    -- The first 8 bytes of SHA-256 over key, first position, records, time and block.
    checksum INTEGER NOT NULL,
    block BLOB NOT NULL
) STRICT;

-- The end of each shard: what the next commit has to follow.
CREATE TABLE heads (
    shard INTEGER PRIMARY KEY,
    commit_number INTEGER NOT NULL,
    position INTEGER NOT NULL
) STRICT;

-- The kept clock; no row before it was first set.
CREATE TABLE clock (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    now_us INTEGER NOT NULL
) STRICT;

-- The erasable tables: the only place for names, addresses and free text (R30).
CREATE TABLE persons (
    user TEXT PRIMARY KEY,
    username TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX persons_by_username ON persons (username);

CREATE TABLE licensee_details (
    licensee TEXT PRIMARY KEY,
    name TEXT NOT NULL,
    contact_email TEXT
) STRICT, WITHOUT ROWID;

CREATE TABLE status_reasons (
    command_id TEXT NOT NULL,
    user TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (command_id, user)
) STRICT, WITHOUT ROWID;

CREATE INDEX status_reasons_by_user ON status_reasons (user);

-- Through these the erasable tables are rewritten after an erasure; empty at all other times. SQLite zeroes what it
-- deletes, but moves rows between pages without zeroing where they lay, so that an old copy may outlive a deletion.
CREATE TABLE persons_rewrite (
    user TEXT PRIMARY KEY,
    username TEXT NOT NULL,
    name TEXT NOT NULL,
    email TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE status_reasons_rewrite (
    command_id TEXT NOT NULL,
    user TEXT NOT NULL,
    reason TEXT NOT NULL,
    PRIMARY KEY (command_id, user)
) STRICT, WITHOUT ROWID;

-- Whether something was erased since the last rewrite.
CREATE TABLE erasure (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    pending INTEGER NOT NULL
) STRICT;

INSERT INTO erasure (id, pending) VALUES (1, 0);
