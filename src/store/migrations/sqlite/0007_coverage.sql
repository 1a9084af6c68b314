-- The time between polls that a feed needs to be seen whole; 0: every_ms.
ALTER TABLE feed ADD COLUMN pace_ms  INTEGER NOT NULL DEFAULT 0;
-- The kinds of its alarms that are not over, joined by commas; each has its row in `alarm`.
ALTER TABLE feed ADD COLUMN alarms   TEXT    NOT NULL DEFAULT '';
-- What its polls have shown of it, as JSON.
ALTER TABLE feed ADD COLUMN portrait TEXT    NOT NULL DEFAULT '{}';

-- Pending, and not processed before somebody decides: `due` is the end of time meanwhile.
ALTER TABLE entry ADD COLUMN held INTEGER NOT NULL DEFAULT 0;
CREATE INDEX entry_held ON entry (feed_id) WHERE held;

-- What ops are told of a feed: when it begins and when it is over, each once.
CREATE TABLE alarm (
    id           TEXT    NOT NULL PRIMARY KEY,
    feed_id      TEXT    NOT NULL DEFAULT '' REFERENCES feed (id),
    kind         TEXT    NOT NULL DEFAULT '',
    detail       TEXT    NOT NULL DEFAULT '',
    began_at     INTEGER NOT NULL DEFAULT 0,
    ended_at     INTEGER,
    told_at      INTEGER,
    end_told_at  INTEGER
) STRICT;
CREATE INDEX alarm_untold ON alarm (began_at) WHERE told_at IS NULL;
CREATE INDEX alarm_end_untold ON alarm (ended_at) WHERE ended_at IS NOT NULL AND end_told_at IS NULL;
CREATE INDEX alarm_rings ON alarm (feed_id) WHERE ended_at IS NULL;

-- Times in which a feed's list ran through unseen.
CREATE TABLE gap (
    id          TEXT    NOT NULL PRIMARY KEY,
    feed_id     TEXT    NOT NULL DEFAULT '' REFERENCES feed (id),
    from_at     INTEGER NOT NULL DEFAULT 0,
    until_at    INTEGER NOT NULL DEFAULT 0,
    -- Where the feed says that older entries stand; empty: nowhere.
    previous    TEXT    NOT NULL DEFAULT '',
    state       TEXT    NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'filled', 'unfilled')),
    note        TEXT    NOT NULL DEFAULT '',
    recovered   INTEGER NOT NULL DEFAULT 0,
    found_at    INTEGER NOT NULL DEFAULT 0,
    -- When it was filled or given up; a digest names what was not filled since the last one.
    settled_at  INTEGER,
    due         INTEGER NOT NULL DEFAULT 0,
    lease_token TEXT    NOT NULL DEFAULT '',
    lease_until INTEGER NOT NULL DEFAULT 0,
    attempts    INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX gap_due ON gap (due) WHERE state = 'open';
CREATE INDEX gap_settled ON gap (settled_at) WHERE settled_at IS NOT NULL;
