-- The hash of a version is salted, so that it says nothing any more once the salt is taken away. Older versions have none.
alter table identity.version add column salt bytea;
alter table access.version add column salt bytea;
alter table connections.version add column salt bytea;
