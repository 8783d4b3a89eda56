-- How far a witness has cosigned is found at once, also where it was away while others cosigned on.
create index cosignature_witness on evidence.cosignature (witness, size);
