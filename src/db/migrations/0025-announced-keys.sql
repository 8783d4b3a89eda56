-- The keys that the log announced are asked for with each receipt: a few entries of millions.

create index entry_key_rotated on evidence.entry (id) where type = 'log.key_rotated';
