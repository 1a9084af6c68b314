-- When an article was compared with others, and when it was reported; 0: no watch matched it, so it was not compared.
ALTER TABLE article ADD COLUMN grouped_at INTEGER NOT NULL DEFAULT 0;
ALTER TABLE article ADD COLUMN reported_at INTEGER NOT NULL DEFAULT 0;
-- What it tells that its story did not hold yet, as JSON.
ALTER TABLE article ADD COLUMN news TEXT NOT NULL DEFAULT '[]';
CREATE INDEX article_grouped ON article (grouped_at) WHERE grouped_at > 0;
CREATE INDEX article_story ON article (story_id) WHERE grouped_at > 0;
-- Fingerprints are made in another way: those before find nothing any more.
DELETE FROM shingle;
UPDATE article SET fingerprint = x'' WHERE length(fingerprint) > 0;
