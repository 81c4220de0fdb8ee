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

PRAGMA application_id = 0x4C4C4B59;

PRAGMA user_version = 1;
