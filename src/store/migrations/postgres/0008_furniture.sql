-- What the pages of a host have in common, as the program packs it; one row a host, bounded.
CREATE TABLE furniture (
    host      TEXT    NOT NULL PRIMARY KEY,
    learnt_at BIGINT NOT NULL DEFAULT 0,
    lines     BYTEA   NOT NULL DEFAULT '\x'
);
CREATE INDEX furniture_learnt ON furniture (learnt_at);
-- The page's own word for its outlet, and the agency that the text is credited to.
ALTER TABLE article ADD COLUMN outlet TEXT NOT NULL DEFAULT '';
ALTER TABLE article ADD COLUMN agency TEXT NOT NULL DEFAULT '';
-- The filter that took out what the hit stands in; empty: it stands in the report.
ALTER TABLE hit ADD COLUMN taken_by TEXT NOT NULL DEFAULT '';
-- Hits in what was taken out, each line once for a recipient. No digest yet: it waits for the next one.
CREATE TABLE aside (
    recipient_id TEXT    NOT NULL DEFAULT '',
    line         TEXT    NOT NULL DEFAULT '',
    entry_id     TEXT    NOT NULL DEFAULT '' REFERENCES entry (id),
    watch_id     TEXT    NOT NULL DEFAULT '',
    queued_at    BIGINT NOT NULL DEFAULT 0,
    digest_id    TEXT    REFERENCES digest (id),
    PRIMARY KEY (recipient_id, line)
);
CREATE INDEX aside_waiting ON aside (recipient_id, queued_at) WHERE digest_id IS NULL;
CREATE INDEX aside_queued ON aside (queued_at);
