-- What people were told, and what they are still to be told. Unlike index and views, it can't be made anew from the
-- journal. No name or address is in here (R30); those are looked up when a mail is sent. Runs in the schema
-- `usher_notify`, once that exists.

-- Whose tables these are, and their format.
CREATE TABLE usher_notify.meta (
    id integer PRIMARY KEY CHECK (id = 1),
    store_id bytea NOT NULL,
    format integer NOT NULL
);

-- The last commit of each shard that was looked at for mail, with its last position.
CREATE TABLE usher_notify.mail_positions (
    shard integer PRIMARY KEY,
    commit_number bigint NOT NULL,
    position bigint NOT NULL
) WITH (fillfactor = 50);

-- Mails that are not sent yet, one for each seat that was given (R33).
CREATE TABLE usher_notify.mails (
    -- The id of the event that gave the seat.
    event uuid PRIMARY KEY,
    -- Where that lies.
    shard integer NOT NULL,
    position bigint NOT NULL,
    licensee text COLLATE "C" NOT NULL,
    user_id text COLLATE "C" NOT NULL,
    product text NOT NULL,
    add_on text NOT NULL,
    assigned_at_us bigint NOT NULL,
    -- `waiting` or `given_up`.
    state text NOT NULL,
    -- How often it was tried.
    attempts integer NOT NULL,
    -- When it is tried next, by the server's clock; while it is being sent, when whoever sends it counts as gone.
    due_at timestamptz NOT NULL,
    -- Whether it is being sent: if nothing more is heard of that, it may or may not have arrived.
    is_claimed boolean NOT NULL,
    -- What came of the last attempt, without anybody's address.
    problem text
);

CREATE INDEX mails_by_turn ON usher_notify.mails (state, due_at, shard, position);
