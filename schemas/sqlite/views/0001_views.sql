-- The read models: derived from the journal, thrown away and rebuilt at any doubt. No name, address or free text is in
-- here (R30); those are joined from the journal's erasable tables.

-- Whose views these are.
CREATE TABLE meta (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    store_id BLOB NOT NULL,
    -- Stands for the catalogue that the timers go by.
    catalogue INTEGER NOT NULL
) STRICT;

-- The last commit of each shard that is in here, with its last position and its checksum.
CREATE TABLE positions (
    shard INTEGER PRIMARY KEY,
    commit_number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    checksum INTEGER NOT NULL
) STRICT;

CREATE TABLE licensees (
    licensee TEXT PRIMARY KEY,
    -- The account as folded from the events, by postcard.
    account BLOB NOT NULL,
    -- Where its last event lies.
    shard INTEGER NOT NULL,
    position INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE members (
    licensee TEXT NOT NULL,
    user TEXT NOT NULL,
    role TEXT NOT NULL,
    type TEXT NOT NULL,
    status TEXT NOT NULL,
    -- 1 for whoever holds a seat, retained ones included.
    seated INTEGER NOT NULL,
    PRIMARY KEY (licensee, user)
) STRICT, WITHOUT ROWID;

-- Those of each standing in order of their ids.
CREATE INDEX members_by_standing ON members (licensee, seated, status);

-- The seats that are held, retained ones included.
CREATE TABLE seats (
    licensee TEXT NOT NULL,
    user TEXT NOT NULL,
    product TEXT NOT NULL,
    assigned_at_us INTEGER NOT NULL,
    -- The version of the event that gave it: the order of assignment (R22).
    assigned_version INTEGER NOT NULL,
    PRIMARY KEY (licensee, user, product)
) STRICT, WITHOUT ROWID;

CREATE INDEX seats_by_user ON seats (user);

-- With the latest first, as they are most asked for, and those of one time by their ids.
CREATE INDEX seats_by_time ON seats (licensee, assigned_at_us DESC, user);

-- Everybody who was ever named as a member, in a status or in a use.
CREATE TABLE users (
    user TEXT PRIMARY KEY,
    status TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE usage (
    user TEXT PRIMARY KEY,
    last_used_at_us INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX usage_by_time ON usage (last_used_at_us DESC, user);

-- What is armed, of each licensee in the order in which it goes.
CREATE TABLE timers (
    licensee TEXT NOT NULL,
    place INTEGER NOT NULL,
    kind TEXT NOT NULL,
    due_at_us INTEGER NOT NULL,
    PRIMARY KEY (licensee, place)
) STRICT, WITHOUT ROWID;

-- What was refused, by the licensee that it named, whether that exists or not. Those of one licensee lie in one shard,
-- so their positions are their order.
CREATE TABLE refusals (
    licensee TEXT NOT NULL,
    shard INTEGER NOT NULL,
    position INTEGER NOT NULL,
    recorded_at_us INTEGER NOT NULL,
    command_id TEXT NOT NULL,
    type TEXT NOT NULL,
    code TEXT NOT NULL,
    detail TEXT NOT NULL,
    actor TEXT NOT NULL,
    available INTEGER,
    requested INTEGER,
    -- A JSON array of user ids, empty for none.
    users TEXT NOT NULL,
    PRIMARY KEY (licensee, shard, position)
) STRICT, WITHOUT ROWID;

CREATE INDEX refusals_by_time ON refusals (recorded_at_us);

-- How many commands were ever refused for which reason, whether they named a licensee or not.
CREATE TABLE refusal_counts (
    code TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- How many seats were ever taken away for which reason.
CREATE TABLE removals (
    reason TEXT PRIMARY KEY,
    count INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE totals (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    licensees INTEGER NOT NULL,
    members INTEGER NOT NULL,
    seats INTEGER NOT NULL,
    events INTEGER NOT NULL,
    refusals INTEGER NOT NULL
) STRICT;

INSERT INTO totals (id, licensees, members, seats, events, refusals) VALUES (1, 0, 0, 0, 0, 0);
