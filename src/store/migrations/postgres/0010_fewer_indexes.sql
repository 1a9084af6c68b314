-- Entries are found by id and link_key; what nobody looks up by costs every insert.
DROP INDEX entry_link;
DROP INDEX entry_key;
