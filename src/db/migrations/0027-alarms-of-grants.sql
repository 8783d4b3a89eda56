-- A person is told of grants, too, and of which receipt of a plan.
alter table effect.alarm rename column plan_id to about;
alter table effect.alarm add column receipt_id text;
