-- Since when and why mails to a recipient are held; NULL: they are not. Their deliveries stay queued meanwhile.
ALTER TABLE recipient ADD COLUMN held_at  INTEGER;
ALTER TABLE recipient ADD COLUMN held_why TEXT NOT NULL DEFAULT '';
