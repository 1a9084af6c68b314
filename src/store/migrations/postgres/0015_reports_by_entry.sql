-- With very many recipients an article has very many reports.
DROP INDEX report_entry;
CREATE INDEX report_entry ON report (entry_id, recipient_id);
