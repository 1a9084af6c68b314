-- The story that an article which opened its own follows up, or may belong to ('possible'); empty: none.
ALTER TABLE article ADD COLUMN related        TEXT    NOT NULL DEFAULT '';
ALTER TABLE article ADD COLUMN relation       TEXT    NOT NULL DEFAULT '' CHECK (relation IN ('', 'follow_up', 'possible'));
ALTER TABLE article ADD COLUMN related_score  REAL    NOT NULL DEFAULT 0;
ALTER TABLE article ADD COLUMN related_reason TEXT    NOT NULL DEFAULT '';
-- The date in its text, in words, where that is much older than the date it bears.
ALTER TABLE article ADD COLUMN speaks_of      TEXT    NOT NULL DEFAULT '';
-- The address of its page as several feeds share it, by the page's own word where it may be taken.
ALTER TABLE article ADD COLUMN page_key       TEXT    NOT NULL DEFAULT '';
-- When a person put it into its story; no rule changes that. 0: nobody did.
ALTER TABLE article ADD COLUMN placed_at      INTEGER NOT NULL DEFAULT 0;
CREATE INDEX article_page ON article (page_key) WHERE page_key <> '';
CREATE INDEX article_placed ON article (placed_at) WHERE placed_at > 0;

-- Holds nothing new for its recipient: told in a line of the next digest, and the cause of none.
ALTER TABLE report ADD COLUMN folded INTEGER NOT NULL DEFAULT 0;

-- Copies that came after their report was mailed: told in a line of the next digest, and the cause of none.
CREATE TABLE postscript (
    recipient_id TEXT    NOT NULL DEFAULT '',
    entry_id     TEXT    NOT NULL DEFAULT '' REFERENCES entry (id),
    original     TEXT    NOT NULL DEFAULT '',
    queued_at    INTEGER NOT NULL DEFAULT 0,
    digest_id    TEXT    REFERENCES digest (id),
    PRIMARY KEY (recipient_id, entry_id)
) STRICT;
CREATE INDEX postscript_waiting ON postscript (recipient_id, queued_at) WHERE digest_id IS NULL;

-- What was told in lines, as JSON.
ALTER TABLE digest ADD COLUMN postscripts TEXT NOT NULL DEFAULT '[]';
