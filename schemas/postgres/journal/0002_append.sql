-- The fence and what is written behind it, as a function: a server keeps the plans of what stands in it, where the text of a
-- statement would be planned for each commit anew. It needs no prepared statements, which not every pooler knows.

-- Moves the heads of shards and writes their commits, if every head is where it has to be and under the epoch that its writer
-- names; else nothing. Whether it did. The heads stay locked until the transaction ends, in the order of the shards, so that
-- writers never wait for each other in a circle.
CREATE FUNCTION usher.append_commits(
    moved_shards integer[], epochs bigint[], numbers_before bigint[], positions_before bigint[],
    numbers_after bigint[], positions_after bigint[],
    shards integer[], numbers bigint[], first_positions bigint[], record_counts bigint[], recorded_at_us bigint[],
    checksums bigint[], blocks bytea[]
) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    fitting bigint;
BEGIN
    SELECT count(*) INTO fitting FROM (
        SELECT FROM usher.heads h
        JOIN unnest(moved_shards, epochs, numbers_before, positions_before) AS m (shard, epoch, number, position)
            ON h.shard = m.shard
        WHERE h.epoch = m.epoch AND h.commit_number = m.number AND h.position = m.position
        ORDER BY h.shard FOR UPDATE OF h) AS fenced;
    IF fitting <> cardinality(moved_shards) THEN
        RETURN false;
    END IF;
    UPDATE usher.heads h SET commit_number = m.number, position = m.position
    FROM unnest(moved_shards, numbers_after, positions_after) AS m (shard, number, position)
    WHERE h.shard = m.shard;
    INSERT INTO usher.commits (shard, number, first_position, records, recorded_at_us, checksum, block)
    SELECT * FROM unnest(shards, numbers, first_positions, record_counts, recorded_at_us, checksums, blocks);
    RETURN true;
END $$;
