-- What cannot be read again from a helpdesk. Times are ISO 8601 text in UTC, to the microsecond;
-- columns that hold several values are JSON.

create table meta (name text primary key, value text not null) strict, without rowid;

create table runs (
  run text primary key, started_at text not null, args text not null,
  finished_at text, status text, report text
) strict, without rowid;

-- A batch is journaled before it is sent. `job` once the helpdesk took it, `settled_at` once the
-- outcome of every ticket is known: what has none is looked at again after a crash.
create table batches (
  batch integer primary key, run text not null, helpdesk text not null, at text not null,
  is_undo integer not null, submitted_at text, job text, settled_at text, undone_by text
) strict;
create index batches_open on batches (helpdesk) where settled_at is null;
create index batches_run on batches (run);

create table journal (
  batch integer not null references batches, ticket text not null,
  tags_added text not null, tags_removed text not null,
  fields_before text not null, fields_after text not null,
  outcome text, detail text not null default '',
  primary key (batch, ticket)
) strict, without rowid;

-- What our acknowledged writes have left on a ticket.
create table believed (
  helpdesk text not null, ticket text not null, at text not null,
  fields text not null, tags text not null, corrected text not null,
  primary key (helpdesk, ticket)
) strict, without rowid;

-- Tickets refused the same way, until they change.
create table refusals (
  helpdesk text not null, ticket text not null, reason text not null, count integer not null,
  stamp text not null, at text not null,
  primary key (helpdesk, ticket)
) strict, without rowid;

create table fields (
  helpdesk text not null, role text not null, field text not null, primary key (helpdesk, role)
) strict, without rowid;

-- Names in mappings, pinned to ids when first resolved.
create table pins (
  helpdesk text not null, dimension text not null, name text not null, id text not null,
  primary key (helpdesk, dimension, name)
) strict, without rowid;

create table evaluations (
  goal text not null, as_of text not null, run text not null, report text not null,
  primary key (goal, as_of, run)
) strict, without rowid;

create table approvals (
  goal text not null, state text not null, expires_at text not null, primary key (goal, state)
) strict, without rowid;
