-- What came with version 3 of the state: what became of goals over time, and what people said.

-- How a goal stood at the start of a local day, as judged then: never rewritten. evaluation is JSON;
-- version tells which version of the goal was judged.
create table days (
  goal text not null, day text not null, status text not null, evaluation text not null,
  version integer not null, run text not null, judged_at text not null,
  primary key (goal, day)
) strict;

-- A goal as it was written from an instant on. fingerprint tells definitions apart; definition is
-- JSON.
create table goal_versions (
  goal text not null, version integer not null, valid_from text not null,
  fingerprint text not null, definition text not null, reason text not null default '',
  primary key (goal, version)
) strict;

-- What owners say of a goal or an objective: confidence 0 to 10 (null where only a note was left).
create table checkins (
  goal text not null, at text not null, by text not null,
  confidence integer, note text not null, evidence text not null,
  primary key (goal, at, by)
) strict;

-- How a goal ended, one row a period: never rewritten.
create table closings (
  goal text not null, start_at text not null, end_at text not null, closed_at text not null,
  value real, grade real, status text not null, lesson text not null, carry_over text not null,
  primary key (goal, end_at)
) strict;
