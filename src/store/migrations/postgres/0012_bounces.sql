-- Since when and why a recipient gets no mails; NULL: they do. Their reports and deliveries wait meanwhile.
ALTER TABLE recipient ADD COLUMN paused_at  BIGINT;
ALTER TABLE recipient ADD COLUMN paused_why TEXT NOT NULL DEFAULT '';
CREATE INDEX recipient_paused ON recipient (id) WHERE paused_at IS NOT NULL;

-- What came back of a delivery.
CREATE TABLE bounce (
    delivery_id TEXT    NOT NULL DEFAULT '' REFERENCES delivery (id),
    kind        TEXT    NOT NULL DEFAULT 'hard' CHECK (kind IN ('hard', 'soft', 'delayed')),
    said        TEXT    NOT NULL DEFAULT '',
    at          BIGINT  NOT NULL DEFAULT 0,
    PRIMARY KEY (delivery_id, kind)
);
CREATE INDEX delivery_recipient ON delivery (recipient_id, composed_at);

-- What ops are told of a recipient, each once.
CREATE TABLE recipient_event (
    id           TEXT    NOT NULL PRIMARY KEY,
    recipient_id TEXT    NOT NULL DEFAULT '' REFERENCES recipient (id),
    kind         TEXT    NOT NULL DEFAULT '',
    detail       TEXT    NOT NULL DEFAULT '',
    at           BIGINT  NOT NULL DEFAULT 0,
    told_at      BIGINT
);
CREATE INDEX recipient_event_untold ON recipient_event (at) WHERE told_at IS NULL;
