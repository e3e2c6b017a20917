-- What a remote store says that distinguishes the content of an object: its ETag or version.
ALTER TABLE files ADD COLUMN tag TEXT;
