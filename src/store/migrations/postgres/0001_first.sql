-- Ids are made by the program. Times are milliseconds since 1970 UTC. A column may be NULL only where the thing
-- itself may be unknown (a date, a header that was not sent); everything else is NOT NULL with a DEFAULT.
-- lease_until = 0: nobody holds the row.

CREATE TABLE feed (
    id                TEXT    NOT NULL PRIMARY KEY,
    url               TEXT    NOT NULL DEFAULT '',
    kind              TEXT    NOT NULL DEFAULT '',
    outlet            TEXT    NOT NULL DEFAULT '',
    lang              TEXT    NOT NULL DEFAULT '',
    every_ms          BIGINT  NOT NULL DEFAULT 0,
    -- 'disabled': the server or an operator ended polling. 'retired': no longer in the configuration.
    state             TEXT    NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'disabled', 'retired')),
    disabled_reason   TEXT    NOT NULL DEFAULT '',
    due               BIGINT  NOT NULL DEFAULT 0,
    lease_token       TEXT    NOT NULL DEFAULT '',
    lease_until       BIGINT  NOT NULL DEFAULT 0,
    attempts          BIGINT  NOT NULL DEFAULT 0,
    -- The validators belong to ask_url and to the entries stored with them.
    ask_url           TEXT    NOT NULL DEFAULT '',
    etag              BYTEA,
    last_modified     BYTEA,
    body_hash         TEXT    NOT NULL DEFAULT '',
    moving_to         TEXT    NOT NULL DEFAULT '',
    moving_seen       BIGINT  NOT NULL DEFAULT 0,
    first_read_at     BIGINT,
    last_polled_at    BIGINT,
    last_success_at   BIGINT,
    last_new_at       BIGINT,
    failures_in_a_row BIGINT  NOT NULL DEFAULT 0,
    last_error        TEXT    NOT NULL DEFAULT '',
    note              TEXT    NOT NULL DEFAULT '',
    entries           BIGINT  NOT NULL DEFAULT 0
);
CREATE INDEX feed_due ON feed (due) WHERE state = 'waiting';
CREATE INDEX feed_leased ON feed (lease_until) WHERE lease_until > 0;

CREATE TABLE entry (
    -- Short name of the entry in `shingle`.
    seq         BIGINT  NOT NULL GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          TEXT    NOT NULL UNIQUE,
    feed_id     TEXT    NOT NULL DEFAULT '' REFERENCES feed (id),
    entry_key   TEXT    NOT NULL DEFAULT '',
    link        TEXT    NOT NULL DEFAULT '',
    first_seen  BIGINT  NOT NULL DEFAULT 0,
    baseline    BOOLEAN NOT NULL DEFAULT FALSE,
    state       TEXT    NOT NULL DEFAULT 'pending'
                CHECK (state IN ('pending', 'matched', 'unmatched', 'duplicate', 'abandoned')),
    -- Of a duplicate, the entry it repeats; of an abandoned one, the reason.
    state_note  TEXT    NOT NULL DEFAULT '',
    due         BIGINT  NOT NULL DEFAULT 0,
    lease_token TEXT    NOT NULL DEFAULT '',
    lease_until BIGINT  NOT NULL DEFAULT 0,
    attempts    BIGINT  NOT NULL DEFAULT 0,
    page_tries  BIGINT  NOT NULL DEFAULT 0,
    page_error  TEXT    NOT NULL DEFAULT '',
    -- False once retention has cleared the texts: the row stays as a tombstone.
    kept        BOOLEAN NOT NULL DEFAULT TRUE,
    published   BIGINT,
    updated     BIGINT,
    lang        TEXT    NOT NULL DEFAULT '',
    guid        TEXT    NOT NULL DEFAULT '',
    title       TEXT    NOT NULL DEFAULT '',
    author      TEXT    NOT NULL DEFAULT '',
    summary     TEXT    NOT NULL DEFAULT '',
    content     TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX entry_due ON entry (due) WHERE state = 'pending';
CREATE INDEX entry_leased ON entry (lease_until) WHERE lease_until > 0;
CREATE INDEX entry_abandoned ON entry (first_seen) WHERE state = 'abandoned';
CREATE INDEX entry_kept ON entry (first_seen) WHERE kept;
-- Hashes: a b-tree refuses values over 2.7 kB, and links and GUIDs are other people's.
CREATE INDEX entry_link ON entry USING hash (link) WHERE link <> '';
CREATE INDEX entry_key ON entry USING hash (entry_key);

CREATE TABLE page (
    entry_id   TEXT    NOT NULL PRIMARY KEY REFERENCES entry (id),
    url        TEXT    NOT NULL DEFAULT '',
    status     BIGINT  NOT NULL DEFAULT 0,
    headers    TEXT    NOT NULL DEFAULT '',
    sha256     TEXT    NOT NULL DEFAULT '',
    bytes      BIGINT  NOT NULL DEFAULT 0,
    fetched_at BIGINT  NOT NULL DEFAULT 0,
    kept       BOOLEAN NOT NULL DEFAULT TRUE,
    body_gzip  BYTEA   NOT NULL DEFAULT '\x'
);
CREATE INDEX page_kept ON page (fetched_at) WHERE kept;

CREATE TABLE article (
    entry_id    TEXT    NOT NULL PRIMARY KEY REFERENCES entry (id),
    -- The first article of its copies, itself or another: what "once" is counted by.
    original    TEXT    NOT NULL DEFAULT '',
    story_id    TEXT    NOT NULL DEFAULT '',
    -- The article whose text this one repeats; empty for none.
    copy_of     TEXT    NOT NULL DEFAULT '',
    score       DOUBLE PRECISION NOT NULL DEFAULT 0,
    reason      TEXT    NOT NULL DEFAULT '',
    -- When it was first matched; later texts change updated_at.
    checked_at  BIGINT  NOT NULL DEFAULT 0,
    updated_at  BIGINT  NOT NULL DEFAULT 0,
    kind        TEXT    NOT NULL DEFAULT 'page' CHECK (kind IN ('page', 'feed', 'walled')),
    published   BIGINT,
    lang        TEXT    NOT NULL DEFAULT '',
    canonical   TEXT    NOT NULL DEFAULT '',
    cut         BOOLEAN NOT NULL DEFAULT FALSE,
    title       TEXT    NOT NULL DEFAULT '',
    byline      TEXT    NOT NULL DEFAULT '',
    -- Big-endian 64-bit shingles, to take them out of `shingle` again.
    fingerprint BYTEA   NOT NULL DEFAULT '\x',
    -- JSON; `body` is the same text plain, for searching.
    blocks      TEXT    NOT NULL DEFAULT '[]',
    removed     TEXT    NOT NULL DEFAULT '[]',
    body        TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX article_original ON article (original);
CREATE INDEX article_checked ON article (checked_at);

CREATE TABLE shingle (
    hash      BIGINT  NOT NULL DEFAULT 0,
    entry_seq BIGINT  NOT NULL DEFAULT 0,
    PRIMARY KEY (hash, entry_seq)
);

CREATE TABLE hit (
    entry_id TEXT    NOT NULL DEFAULT '' REFERENCES entry (id),
    watch_id TEXT    NOT NULL DEFAULT '',
    place    BIGINT  NOT NULL DEFAULT 0,
    found_at BIGINT  NOT NULL DEFAULT 0,
    -- Terms, spans and sentence as JSON.
    detail   TEXT    NOT NULL DEFAULT '{}',
    PRIMARY KEY (entry_id, watch_id)
);
CREATE INDEX hit_watch ON hit (watch_id, found_at);

CREATE TABLE recipient (
    id          TEXT    NOT NULL PRIMARY KEY,
    rhythm      TEXT    NOT NULL DEFAULT '',
    state       TEXT    NOT NULL DEFAULT 'active' CHECK (state IN ('active', 'retired')),
    editions    BIGINT  NOT NULL DEFAULT 0,
    window_from BIGINT  NOT NULL DEFAULT 0,
    next_due    BIGINT  NOT NULL DEFAULT 0,
    lease_token TEXT    NOT NULL DEFAULT '',
    lease_until BIGINT  NOT NULL DEFAULT 0,
    attempts    BIGINT  NOT NULL DEFAULT 0
);

CREATE TABLE digest (
    id           TEXT    NOT NULL PRIMARY KEY,
    recipient_id TEXT    NOT NULL DEFAULT '' REFERENCES recipient (id),
    edition      BIGINT  NOT NULL DEFAULT 0,
    window_from  BIGINT  NOT NULL DEFAULT 0,
    window_until BIGINT  NOT NULL DEFAULT 0,
    composed_at  BIGINT  NOT NULL DEFAULT 0,
    report_count BIGINT  NOT NULL DEFAULT 0,
    kept         BOOLEAN NOT NULL DEFAULT TRUE,
    subject      TEXT    NOT NULL DEFAULT '',
    reports      TEXT    NOT NULL DEFAULT '[]',
    coverage     TEXT    NOT NULL DEFAULT '{}',
    body_text    TEXT    NOT NULL DEFAULT '',
    body_html    TEXT    NOT NULL DEFAULT '',
    UNIQUE (recipient_id, edition)
);
CREATE INDEX digest_kept ON digest (composed_at) WHERE kept;

-- What a recipient is owed, once for all copies of an article. No digest yet: it waits.
CREATE TABLE report (
    recipient_id TEXT    NOT NULL DEFAULT '',
    original     TEXT    NOT NULL DEFAULT '',
    entry_id     TEXT    NOT NULL DEFAULT '' REFERENCES entry (id),
    queued_at    BIGINT  NOT NULL DEFAULT 0,
    due          BIGINT  NOT NULL DEFAULT 0,
    digest_id    TEXT    REFERENCES digest (id),
    PRIMARY KEY (recipient_id, original)
);
CREATE INDEX report_waiting ON report (recipient_id, queued_at) WHERE digest_id IS NULL;
CREATE INDEX report_entry ON report (entry_id);
CREATE INDEX report_original ON report (original);

CREATE TABLE delivery (
    id             TEXT    NOT NULL PRIMARY KEY,
    digest_id      TEXT    NOT NULL DEFAULT '' REFERENCES digest (id),
    recipient_id   TEXT    NOT NULL DEFAULT '' REFERENCES recipient (id),
    channel        TEXT    NOT NULL DEFAULT '',
    message_id     TEXT    NOT NULL DEFAULT '',
    state          TEXT    NOT NULL DEFAULT 'queued' CHECK (state IN ('queued', 'sent', 'failed', 'dropped')),
    due            BIGINT  NOT NULL DEFAULT 0,
    lease_token    TEXT    NOT NULL DEFAULT '',
    lease_until    BIGINT  NOT NULL DEFAULT 0,
    attempts       BIGINT  NOT NULL DEFAULT 0,
    first_tried_at BIGINT,
    composed_at    BIGINT  NOT NULL DEFAULT 0,
    updated_at     BIGINT  NOT NULL DEFAULT 0,
    last_reply     TEXT    NOT NULL DEFAULT ''
);
CREATE INDEX delivery_due ON delivery (state, due);
CREATE INDEX delivery_leased ON delivery (lease_until) WHERE lease_until > 0;
CREATE INDEX delivery_composed ON delivery (composed_at);
CREATE INDEX delivery_digest ON delivery (digest_id);

-- Written by each health check: only a write shows that writing works.
CREATE TABLE pulse (
    id BIGINT  NOT NULL PRIMARY KEY,
    at BIGINT  NOT NULL DEFAULT 0
);
INSERT INTO pulse (id, at) VALUES (1, 0);
