-- What came with version 2 of the state: the frozen values of KPIs, and what was imported.

-- A KPI over a period that is over and settled, as it was then, and as it became: never rewritten.
-- meaning tells definitions of the KPI apart; members are the tickets behind the value, so that the
-- next version can say which of them changed (null where they are too many).
create table versions (
  kpi text not null, meaning text not null, start_at text not null, end_at text not null,
  version integer not null, value real, n integer not null, k integer, low real, high real,
  frozen_at text not null, as_of text not null, reason text not null, members blob,
  primary key (kpi, meaning, start_at, end_at, version)
) strict;

-- Values from outside: one row a version of a value. start_at = end_at for a value of an instant.
-- Money stands in minor units; unit is then its currency.
create table imported_values (
  source text not null, start_at text not null, end_at text not null, version integer not null,
  value real, n integer, numerator real, denominator real,
  unit text not null, direction text not null, definition text not null, origin text not null,
  as_of text not null, file text not null, line integer not null, imported_at text not null,
  primary key (source, start_at, end_at, version)
) strict;

-- Answers to surveys from outside: one row a version of an answer.
create table imported_answers (
  source text not null, answer text not null, version integer not null,
  at text not null, score real not null, scale text not null,
  ticket text not null, assignee text not null, definition text not null, origin text not null,
  file text not null, line integer not null, imported_at text not null,
  primary key (source, answer, version)
) strict;
