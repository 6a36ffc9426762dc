-- What people were told, and what they are still to be told. Unlike index and views, it can't be made anew from the
-- journal. No name or address is in here (R30); those are looked up when a mail is sent.

-- Whose file this is.
CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    store_id BLOB NOT NULL
) STRICT;

-- The last commit of each shard that was looked at for mail, with its last position.
CREATE TABLE mail_positions (
    shard INTEGER PRIMARY KEY,
    commit_number INTEGER NOT NULL,
    position INTEGER NOT NULL
) STRICT;

-- Mails that are not sent yet, one for each seat that was given (R33).
CREATE TABLE mails (
    -- The id of the event that gave the seat.
    event TEXT PRIMARY KEY,
    -- Where that lies.
    shard INTEGER NOT NULL,
    position INTEGER NOT NULL,
    licensee TEXT NOT NULL,
    user TEXT NOT NULL,
    product TEXT NOT NULL,
    add_on TEXT NOT NULL,
    assigned_at_us INTEGER NOT NULL,
    -- `waiting` or `given_up`.
    state TEXT NOT NULL,
    -- How often it was tried.
    attempts INTEGER NOT NULL,
    -- When it is tried next; while it is being sent, when whoever sends it counts as gone.
    due_at_us INTEGER NOT NULL,
    -- Whether it is being sent: if nothing more is heard of that, it may or may not have arrived.
    is_claimed INTEGER NOT NULL,
    -- What came of the last attempt, without anybody's address.
    problem TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX mails_by_turn ON mails (state, due_at_us, shard, position);
