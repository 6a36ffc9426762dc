-- Whom each event of a licensee concerns, so that how one user stood is told without the events of others (ADR 13). The
-- index is filled anew with it.

TRUNCATE usher_index.meta, usher_index.progress, usher_index.streams, usher_index.event_types, usher_index.events,
         usher_index.commands, usher_index.usage, usher_index.memberships, usher_index.timers, usher_index.snapshots,
         usher_index.blocks, usher_index.uses, usher_index.memberships_ever, usher_index.first_named,
         usher_index.past_states;

CREATE TABLE usher_index.concerns (
    stream_id bigint NOT NULL,
    -- Empty where it concerns everybody.
    user_id text COLLATE "C" NOT NULL,
    version bigint NOT NULL,
    effective_at_us bigint NOT NULL,
    recorded_at_us bigint NOT NULL,
    type_id integer NOT NULL,
    schema_version bigint NOT NULL,
    data bytea NOT NULL,
    PRIMARY KEY (stream_id, user_id, version)
);

-- The small state of the stream behind the block; null where it has none.
ALTER TABLE usher_index.blocks ADD COLUMN state bytea;
