-- What the server said of itself during a level. It was not read before: everything is read again.
ALTER TABLE levels ADD COLUMN queue_depth REAL;  -- mean requests waiting
ALTER TABLE levels ADD COLUMN kv_cache_use REAL; -- mean share, 0 to 1
ALTER TABLE levels ADD COLUMN power_w REAL;      -- mean of all accelerators together
DELETE FROM files;
DELETE FROM runs;
