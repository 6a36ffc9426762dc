-- Addresses of other programs that events are posted to, and how far each is. The secrets are in here, as they are what
-- the events are signed with: this schema is as confidential as they are.

CREATE TABLE usher_notify.webhooks (
    id uuid PRIMARY KEY,
    url text NOT NULL,
    -- Whose events; null for everybody's.
    licensee text COLLATE "C",
    -- Short names of types with commas between them; empty for all.
    types text NOT NULL,
    secret text NOT NULL,
    -- The one before, with which is also signed until then.
    old_secret text,
    old_secret_until timestamptz,
    -- `enabled` or `disabled`.
    state text NOT NULL,
    created_at timestamptz NOT NULL,
    disabled_at timestamptz,
    -- What came of the last attempt that failed, and when that was.
    problem text,
    failed_at timestamptz
);

-- How far each is in each shard that it follows.
CREATE TABLE usher_notify.webhook_lanes (
    webhook uuid NOT NULL REFERENCES usher_notify.webhooks (id) ON DELETE CASCADE,
    shard integer NOT NULL,
    -- The last commit that is done with, and the last position: that may lie in the commit behind.
    commit_number bigint NOT NULL,
    position bigint NOT NULL,
    -- How often the event that is next failed, and since when.
    attempts integer NOT NULL,
    failing_since timestamptz,
    -- When it is tried next, by the server's clock; where nothing failed, when it was served last.
    due_at timestamptz NOT NULL,
    PRIMARY KEY (webhook, shard)
) WITH (fillfactor = 50);
