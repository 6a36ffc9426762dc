-- The indexes besides the keys: made after the rows where all rows are made anew, which costs less than to keep them up to
-- date meanwhile.

-- Those of each standing in order of their ids.
CREATE INDEX members_by_standing ON usher_views.members (licensee, seated, status, user_id);

CREATE INDEX seats_by_user ON usher_views.seats (user_id);

-- With the latest first, as they are most asked for, and those of one time by their ids.
CREATE INDEX seats_by_time ON usher_views.seats (licensee, assigned_at DESC, user_id);

CREATE INDEX usage_by_time ON usher_views.usage (last_used_at DESC, user_id);

CREATE INDEX refusals_by_time ON usher_views.refusals (recorded_at);
