-- Of a listing page: its CSS selectors, as JSON; empty for any other kind of source.
ALTER TABLE feed ADD COLUMN selectors TEXT NOT NULL DEFAULT '';
