-- Looking up what became of commands, as a function: a server keeps the plans of what stands in it. Nothing is filled anew.

-- Where the outcomes of commands lie, of those that there are. One key is what somebody alone asks about; that goes without
-- an array to be joined.
CREATE OR REPLACE FUNCTION usher_index.find_commands(wanted bytea[])
RETURNS TABLE (key bytea, shard integer, commit_number bigint, place bigint)
LANGUAGE plpgsql STABLE AS $$
BEGIN
    IF cardinality(wanted) = 1 THEN
        RETURN QUERY SELECT c.key, c.shard, c.commit_number, c.place FROM usher_index.commands c WHERE c.key = wanted[1];
    ELSE
        RETURN QUERY SELECT c.* FROM unnest(wanted) AS w (key) CROSS JOIN LATERAL (
            SELECT d.key, d.shard, d.commit_number, d.place FROM usher_index.commands d
            WHERE d.key = w.key LIMIT 1) AS c;
    END IF;
END $$;
