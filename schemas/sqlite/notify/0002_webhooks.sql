-- Addresses of other programs that events are posted to, and how far each is. The secrets are in here, as they are what
-- the events are signed with: this file is as confidential as they are.

CREATE TABLE webhooks (
    id TEXT PRIMARY KEY,
    url TEXT NOT NULL,
    -- Whose events; null for everybody's.
    licensee TEXT,
    -- Short names of types with commas between them; empty for all.
    types TEXT NOT NULL,
    secret TEXT NOT NULL,
    -- The one before, with which is also signed until then.
    old_secret TEXT,
    old_secret_until_us INTEGER,
    -- `enabled` or `disabled`.
    state TEXT NOT NULL,
    created_at_us INTEGER NOT NULL,
    disabled_at_us INTEGER,
    -- What came of the last attempt that failed, and when that was.
    problem TEXT,
    failed_at_us INTEGER
) STRICT, WITHOUT ROWID;

-- How far each is in each shard that it follows.
CREATE TABLE webhook_lanes (
    webhook TEXT NOT NULL,
    shard INTEGER NOT NULL,
    -- The last commit that is done with, and the last position: that may lie in the commit behind.
    commit_number INTEGER NOT NULL,
    position INTEGER NOT NULL,
    -- How often the event that is next failed, and since when.
    attempts INTEGER NOT NULL,
    failing_since_us INTEGER,
    -- When it is tried next; where nothing failed, when it was served last.
    due_at_us INTEGER NOT NULL,
    PRIMARY KEY (webhook, shard)
) STRICT, WITHOUT ROWID;
