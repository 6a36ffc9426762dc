-- What a commit most often is, one row in one shard under a new time, in as few steps as there are: a statement over arrays
-- costs the server more than the rows that it writes. Everything else goes on through `usher.append_commits`.

-- Moves the heads of shards and writes their commits, if every head is where it has to be and under the epoch that its writer
-- names; else nothing. Whether it did. With `clock_now_us` it also sets that row of the clock, never back. The heads stay
-- locked until the transaction ends, in the order of the shards, so that writers never wait for each other in a circle.
CREATE OR REPLACE FUNCTION usher.append_batch(
    moved_shards integer[], epochs bigint[], numbers_before bigint[], positions_before bigint[],
    numbers_after bigint[], positions_after bigint[],
    shards integer[], numbers bigint[], first_positions bigint[], record_counts bigint[], recorded_at_us bigint[],
    checksums bigint[], blocks bytea[], clock_shard integer, clock_now_us bigint
) RETURNS boolean
LANGUAGE plpgsql AS $$
BEGIN
    IF cardinality(moved_shards) = 1 AND cardinality(shards) = 1 THEN
        UPDATE usher.heads h SET commit_number = numbers_after[1], position = positions_after[1]
        WHERE h.shard = moved_shards[1] AND h.epoch = epochs[1]
          AND h.commit_number = numbers_before[1] AND h.position = positions_before[1];
        IF NOT FOUND THEN
            RETURN false;
        END IF;
        INSERT INTO usher.commits (shard, number, first_position, records, recorded_at_us, checksum, block)
        VALUES (shards[1], numbers[1], first_positions[1], record_counts[1], recorded_at_us[1], checksums[1], blocks[1]);
    ELSIF NOT usher.append_commits(
        moved_shards, epochs, numbers_before, positions_before, numbers_after, positions_after,
        shards, numbers, first_positions, record_counts, recorded_at_us, checksums, blocks
    ) THEN
        RETURN false;
    END IF;
    IF clock_now_us IS NOT NULL THEN
        UPDATE usher.clock c SET now_us = clock_now_us WHERE c.shard = clock_shard AND c.now_us < clock_now_us;
        -- Not there, or not behind.
        IF NOT FOUND THEN
            INSERT INTO usher.clock (shard, now_us) VALUES (clock_shard, clock_now_us) ON CONFLICT (shard) DO NOTHING;
        END IF;
    END IF;
    RETURN true;
END $$;
