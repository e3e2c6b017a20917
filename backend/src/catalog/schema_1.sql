-- What was read, so that it is not read again.
CREATE TABLE files (
    path         TEXT PRIMARY KEY,     -- below the store's root, with '/'
    size         INTEGER NOT NULL,     -- bytes
    modified_ns  INTEGER NOT NULL,     -- since the Unix epoch
    content_hash TEXT                  -- of the report; NULL where nothing could be read
) WITHOUT ROWID;
CREATE INDEX files_by_hash ON files (content_hash);

-- What was wrong with a file, in the order of the reading.
CREATE TABLE problems (
    path     TEXT NOT NULL REFERENCES files (path) ON DELETE CASCADE,
    number   INTEGER NOT NULL,
    severity TEXT NOT NULL,
    code     TEXT NOT NULL,
    place    TEXT,                     -- in the document
    message  TEXT NOT NULL,
    PRIMARY KEY (path, number)
) WITHOUT ROWID;

-- One benchmark of one deployment. Numbers are REAL, so that they keep every bit; texts that
-- are only ever read together are JSON.
CREATE TABLE runs (
    key            INTEGER PRIMARY KEY,
    id             TEXT NOT NULL UNIQUE,
    content_hash   TEXT NOT NULL,
    number         INTEGER NOT NULL,   -- position in the report
    tool           TEXT NOT NULL,
    tool_version   TEXT,
    started_ms     INTEGER,
    ended_ms       INTEGER,
    load_model     TEXT NOT NULL,      -- closed, constant, poisson
    prompt_tokens  REAL,
    output_tokens  REAL,
    shape          TEXT,
    labels         TEXT NOT NULL,      -- JSON: [[key, value], …]
    facts          TEXT NOT NULL,      -- JSON: {name: {value, source}, …}
    price_per_hour REAL,               -- dollars
    price_source   TEXT,
    price_region   TEXT,
    price_date     TEXT,
    level_count    INTEGER NOT NULL,   -- on the curve
    ok_count       INTEGER NOT NULL    -- successful requests on the curve
);
CREATE INDEX runs_by_hash ON runs (content_hash, number);

CREATE TABLE levels (
    run                         INTEGER NOT NULL REFERENCES runs (key) ON DELETE CASCADE,
    number                      INTEGER NOT NULL,
    strategy                    TEXT,  -- set for a level that is off the curve
    load                        REAL NOT NULL,
    concurrency                 REAL,
    duration_s                  REAL,
    started_ms                  INTEGER,
    ended_ms                    INTEGER,
    ok                          INTEGER NOT NULL,
    errored                     INTEGER NOT NULL,
    incomplete                  INTEGER NOT NULL,
    reported_requests           REAL,
    reported_output_tokens      REAL,
    reported_prompt_tokens      REAL,
    reported_total_tokens       REAL,
    requests_per_second         REAL,
    output_tokens_per_second    REAL,
    prompt_tokens_per_second    REAL,
    total_tokens_per_second     REAL,
    prompt_tokens               REAL,
    output_tokens               REAL,
    tool_warnings               TEXT NOT NULL, -- JSON: [text, …]
    PRIMARY KEY (run, number)
) WITHOUT ROWID;

CREATE TABLE distributions (
    run       INTEGER NOT NULL,
    number    INTEGER NOT NULL,
    metric    TEXT NOT NULL,           -- ttft, itl, tpot, e2e; milliseconds
    count     INTEGER NOT NULL,
    mean      REAL,
    std       REAL,
    min       REAL,
    max       REAL,
    quantiles BLOB NOT NULL,           -- little-endian f64: q, value, q, value, …
    PRIMARY KEY (run, number, metric),
    FOREIGN KEY (run, number) REFERENCES levels (run, number) ON DELETE CASCADE
) WITHOUT ROWID;

-- One compressed column per level and metric. A table with a rowid, because long values belong
-- outside the key's tree.
CREATE TABLE samples (
    run    INTEGER NOT NULL,
    number INTEGER NOT NULL,
    metric TEXT NOT NULL,              -- start_s, ttft_ms, itl_ms, tpot_ms, e2e_ms, output_tokens
    length INTEGER NOT NULL,           -- values
    block  BLOB NOT NULL,              -- see blocks.rs
    PRIMARY KEY (run, number, metric),
    FOREIGN KEY (run, number) REFERENCES levels (run, number) ON DELETE CASCADE
);

-- Facts about the catalog itself.
CREATE TABLE about (
    name  TEXT PRIMARY KEY,
    value TEXT NOT NULL
) WITHOUT ROWID;
