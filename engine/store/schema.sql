-- The log. One row an event; positions have no gap, in the order of commits; nothing is changed, nothing is taken out.
CREATE TABLE log (id TEXT NOT NULL);

CREATE TABLE event (
    position INTEGER PRIMARY KEY AUTOINCREMENT,
    stream BLOB NOT NULL,                 -- 16 bytes
    lead INTEGER NOT NULL,                -- the lead's dense number, 0 for business events
    version INTEGER NOT NULL,             -- counts the events of the stream
    event_id BLOB NOT NULL UNIQUE,        -- 16 bytes; the idempotency key
    type TEXT NOT NULL,
    schema_version INTEGER NOT NULL,
    occurred_at INTEGER NOT NULL,         -- µs UTC; of a plain date its first instant
    occurred_until INTEGER NOT NULL,      -- … and its last
    occurred_day INTEGER,                 -- days since 1970 of a plain date
    precision INTEGER NOT NULL,
    recorded_at INTEGER NOT NULL,         -- µs UTC; never decreases with position
    source TEXT NOT NULL,
    actor TEXT,
    sequence INTEGER,
    run TEXT,
    correlation_id TEXT,
    causation_id TEXT,
    data TEXT NOT NULL,                   -- the clear fields, JSON
    sealed BLOB,                          -- the personal part; NULL on a lead's event: it came after the erasure
    hash BLOB NOT NULL                    -- SHA-256 of the predecessor's hash and every other column
);

-- Versions of a lead lie under its dense number: new entries go to few pages. Business streams are few.
CREATE UNIQUE INDEX event_of_lead ON event (lead, version) WHERE lead > 0;
CREATE UNIQUE INDEX event_of_business ON event (stream, version) WHERE lead = 0;
-- What decisions depend on is found without walking through a lead's million page views.
CREATE INDEX event_but_interactions ON event (lead, version) WHERE lead > 0 AND type <> 'InteractionLogged';
CREATE INDEX event_merge ON event (position) WHERE type IN ('LeadsMerged', 'MergeReverted');
CREATE INDEX event_retraction ON event (position) WHERE type IN ('RunRetracted', 'RunRestored');

-- Dense numbers of leads, in order of first mention. mark: HMAC of number and stream, so that a change is seen.
CREATE TABLE lead (
    number INTEGER PRIMARY KEY,
    stream BLOB NOT NULL UNIQUE,
    mark BLOB NOT NULL
);

-- The sources that events came from, so that a lead's bare id is found in any of them without a walk through the log.
CREATE TABLE source (name TEXT PRIMARY KEY) WITHOUT ROWID;

-- The eventsourcing package's own table: how far each source has been read.
CREATE TABLE tracking (
    application_name TEXT,
    notification_id INTEGER,
    PRIMARY KEY (application_name)
) WITHOUT ROWID;

CREATE TRIGGER event_unchanged BEFORE UPDATE ON event
BEGIN SELECT RAISE(ABORT, 'an event of the log is never changed'); END;

CREATE TRIGGER event_kept BEFORE DELETE ON event
BEGIN SELECT RAISE(ABORT, 'an event of the log is never deleted'); END;

-- INSERT OR REPLACE fires no delete trigger: what is taken must be refused before it.
CREATE TRIGGER event_appended BEFORE INSERT ON event
WHEN NEW.position <> 1 + coalesce((SELECT max(position) FROM event), 0)
    OR EXISTS (SELECT 1 FROM event WHERE event_id = NEW.event_id)
    OR EXISTS (SELECT 1 FROM event WHERE lead > 0 AND NEW.lead > 0 AND lead = NEW.lead AND version = NEW.version)
    OR EXISTS (SELECT 1 FROM event WHERE lead = 0 AND NEW.lead = 0 AND stream = NEW.stream AND version = NEW.version)
BEGIN SELECT RAISE(ABORT, 'the position, event id or version is taken, or leaves a gap'); END;

CREATE TRIGGER lead_unchanged BEFORE UPDATE ON lead
BEGIN SELECT RAISE(ABORT, 'the number of a lead is never changed'); END;

CREATE TRIGGER lead_kept BEFORE DELETE ON lead
BEGIN SELECT RAISE(ABORT, 'the number of a lead is never deleted'); END;

CREATE TRIGGER lead_appended BEFORE INSERT ON lead
WHEN NEW.number <> 1 + coalesce((SELECT max(number) FROM lead), 0)
    OR EXISTS (SELECT 1 FROM lead WHERE stream = NEW.stream)
BEGIN SELECT RAISE(ABORT, 'the number or the stream is taken, or leaves a gap'); END;

CREATE TRIGGER log_unchanged BEFORE UPDATE ON log
BEGIN SELECT RAISE(ABORT, 'the id of the log is never changed'); END;

CREATE TRIGGER log_kept BEFORE DELETE ON log
BEGIN SELECT RAISE(ABORT, 'the id of the log is never deleted'); END;

PRAGMA application_id = 0x4C4C4F47;
PRAGMA user_version = 1;
