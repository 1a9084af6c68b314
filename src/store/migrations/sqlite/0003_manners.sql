-- How a feed is reached: 'direct', or a proxy's address. Validators are good for one route alone.
ALTER TABLE feed ADD COLUMN route          TEXT    NOT NULL DEFAULT 'direct';
-- The address that gave the validators: ask_url, or where it redirected to.
ALTER TABLE feed ADD COLUMN validators_url TEXT    NOT NULL DEFAULT '';
-- What the publisher last said of the time between polls: by headers, and in the feed itself. 0: nothing.
ALTER TABLE feed ADD COLUMN fresh_ms       INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN wish_ms        INTEGER NOT NULL DEFAULT 0;
-- Bit n: the hour from n:00 UTC; bit 0: Monday.
ALTER TABLE feed ADD COLUMN skip_hours     INTEGER NOT NULL DEFAULT 0;
ALTER TABLE feed ADD COLUMN skip_days      INTEGER NOT NULL DEFAULT 0;
-- When the whole body was last asked for or came, and when it last differed; the usual time between two such changes.
ALTER TABLE feed ADD COLUMN whole_at       INTEGER;
ALTER TABLE feed ADD COLUMN changed_at     INTEGER;
ALTER TABLE feed ADD COLUMN rhythm_ms      INTEGER NOT NULL DEFAULT 0;
UPDATE feed SET validators_url = ask_url, whole_at = last_success_at;

-- The link as entries of several feeds share it; its page is fetched once for all of them.
ALTER TABLE entry ADD COLUMN link_key TEXT NOT NULL DEFAULT '';
CREATE INDEX entry_link_key ON entry (link_key) WHERE link_key <> '';
