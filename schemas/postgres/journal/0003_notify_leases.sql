-- Another duty that nodes share: telling people and programs what happened. A new store has no shards yet, and gets its
-- leases of all duties with them.
INSERT INTO usher.leases (duty, shard, epoch)
SELECT 'notify', shard, 0 FROM usher.heads ON CONFLICT DO NOTHING;
