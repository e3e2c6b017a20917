-- What benchmark tools concluded themselves. It was not read before: everything is read again.
ALTER TABLE runs ADD COLUMN conclusions TEXT NOT NULL DEFAULT '[]'; -- JSON: [[kind, status, load, message], …]
DELETE FROM files;
DELETE FROM runs;
