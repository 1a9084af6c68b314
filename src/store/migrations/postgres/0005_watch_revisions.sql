-- What a watch asked for, each text once; hits name theirs.
CREATE TABLE watch_revision (
    watch_id   TEXT    NOT NULL DEFAULT '',
    revision   TEXT    NOT NULL DEFAULT '',
    -- As written, and with its name groups written out.
    query      TEXT    NOT NULL DEFAULT '',
    meaning    TEXT    NOT NULL DEFAULT '',
    first_used BIGINT  NOT NULL DEFAULT 0,
    last_used  BIGINT  NOT NULL DEFAULT 0,
    PRIMARY KEY (watch_id, revision)
);
