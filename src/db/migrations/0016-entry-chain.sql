-- "What followed from this": an entry names what it follows from, and is found by that.
create index entry_follows on evidence.entry using gin (follows) where follows <> '{}';
-- "What made this", of what has no versions: an approval, a token.
create index entry_about on evidence.entry ((subjects[1])) where record_id is null;
