-- The key file; an empty line parts the statements.
-- The workspace's secret, the log that it belongs to, the last head of its chain, and the one that is about to be.
CREATE TABLE log (
    one INTEGER PRIMARY KEY CHECK (one = 1),
    id TEXT NOT NULL,
    secret BLOB NOT NULL,
    position INTEGER NOT NULL,
    hash BLOB NOT NULL,
    announced INTEGER,
    announced_hash BLOB
);

-- A key a person; NULL: erased.
CREATE TABLE key (stream BLOB PRIMARY KEY, key BLOB) WITHOUT ROWID;

-- The erased are few, and are looked for at each opening.
CREATE INDEX IF NOT EXISTS key_erased ON key (stream) WHERE key IS NULL;

-- Erasures that were begun (at: µs) and are not finished: what a crash left is done at the next opening.
CREATE TABLE IF NOT EXISTS erasing (stream BLOB PRIMARY KEY, at INTEGER NOT NULL) WITHOUT ROWID;

PRAGMA application_id = 0x4C4C4B59;

PRAGMA user_version = 1;
