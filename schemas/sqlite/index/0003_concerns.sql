-- Whom each event of a licensee concerns, so that how one user stood is told without the events of others (ADR 13). The
-- index is filled anew with it.

CREATE TABLE concerns (
    -- The stream's id.
    stream INTEGER NOT NULL,
    -- Empty where it concerns everybody.
    user TEXT NOT NULL,
    version INTEGER NOT NULL,
    event_type INTEGER NOT NULL,
    effective_at_us INTEGER NOT NULL,
    recorded_at_us INTEGER NOT NULL,
    schema_version INTEGER NOT NULL,
    data BLOB NOT NULL,
    PRIMARY KEY (stream, user, version)
) STRICT, WITHOUT ROWID;

-- The small state of the stream behind the block; null where it has none.
ALTER TABLE blocks ADD COLUMN state BLOB;
