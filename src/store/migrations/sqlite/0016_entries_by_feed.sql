-- Each new entry wrote a page of this index for itself. Entries of one alias share their link, which has an index.
DROP INDEX entry_alias;
-- Ids of entries begin with their feed's from now on; feeds that were taken up before keep the ones they know.
ALTER TABLE feed ADD COLUMN scattered INTEGER NOT NULL DEFAULT 0;
UPDATE feed SET scattered = 1;
