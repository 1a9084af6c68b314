-- When a report is mailed by itself, ahead of the digest; 253402207200000: never, it waits for the digest alone.
ALTER TABLE report ADD COLUMN alert_due INTEGER NOT NULL DEFAULT 253402207200000;
-- The alert that told it in full; the next digest names it.
ALTER TABLE report ADD COLUMN alert_id TEXT REFERENCES digest (id);
-- The earliest of the reports that wait to be mailed by themselves.
ALTER TABLE recipient ADD COLUMN alert_due INTEGER NOT NULL DEFAULT 253402207200000;
-- The Message-ID of the first mail on the story that this one tells on, without angle brackets; empty for none.
ALTER TABLE delivery ADD COLUMN in_reply_to TEXT NOT NULL DEFAULT '';
CREATE INDEX delivery_answers ON delivery (in_reply_to) WHERE in_reply_to <> '';
