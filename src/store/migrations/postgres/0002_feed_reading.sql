-- The zone of a feed's dates that name none: an IANA name; empty: by the feed's language.
ALTER TABLE feed ADD COLUMN zone TEXT NOT NULL DEFAULT '';

-- The second id of an entry, by which it is known under a new GUID; empty: it has none.
ALTER TABLE entry ADD COLUMN alias TEXT NOT NULL DEFAULT '';
CREATE INDEX entry_alias ON entry (alias) WHERE alias <> '';
