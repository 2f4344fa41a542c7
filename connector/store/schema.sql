-- The store of one helpdesk account. Times are naive UTC. Keys are integers: a vendor id that is a
-- plain decimal is its own key; any other id has a negative key, and stands in vendor_ids.
-- No primary keys: uniqueness is the writer's duty (a page is a guarded delete + insert) and a test's.

create table meta (name varchar, value varchar);            -- schema_version, ...
create table cursors (stream varchar, cursor varchar, has_more boolean, through timestamp,
                      read_at timestamp, pages bigint, unknown varchar);
create table vendor_ids (kind varchar, key bigint, id varchar);
create table generations (relation varchar, generation bigint); -- rises when a relation changes

create table tickets (
  ticket_id bigint, status varchar, created_at timestamp, updated_at timestamp, stamp timestamp,
  requester_id bigint, submitter_id bigint, assignee_id bigint, group_id bigint,
  organization_id bigint, brand_id bigint, form_id bigint,
  channel varchar, priority varchar, type varchar, marks integer,
  tags varchar[], fields map(varchar, varchar), read_at timestamp
);
-- the helpdesk's own figures, named as in model.ticket.NATIVE_FIGURES; only tickets that have some
create table native (
  ticket_id bigint,
  first_reply_time_calendar double,
  first_reply_time_business double,
  first_resolution_time_calendar double,
  first_resolution_time_business double,
  full_resolution_time_calendar double,
  full_resolution_time_business double,
  agent_wait_time_calendar double,
  agent_wait_time_business double,
  requester_wait_time_calendar double,
  requester_wait_time_business double,
  on_hold_time_calendar double,
  on_hold_time_business double,
  reopens double,
  replies double,
  assignee_stations double,
  group_stations double
);
create table events (
  ticket_id bigint, event_id bigint, "at" timestamp, kind varchar, actor_id bigint,
  is_public boolean, value varchar, previous varchar, read_at timestamp
);
create table people (person_id bigint, role varchar, name varchar, active boolean, updated_at timestamp);
-- what role people had until when, as far as we saw it change; people has the one they have now
create table roles (person_id bigint, role varchar, until timestamp);
create table groups (group_id bigint, name varchar, deleted boolean);
create table schedules (schedule_id bigint, name varchar, timezone varchar, is_default boolean,
                        valid_from timestamp);
create table schedule_intervals (schedule_id bigint, valid_from timestamp, start_minute integer, end_minute integer);
create table holidays (schedule_id bigint, valid_from timestamp, name varchar, start_on date, end_on date);
create table ratings (
  rating_id bigint, ticket_id bigint, score varchar, points integer, reason varchar,
  offered_at timestamp, rated_at timestamp, assignee_id bigint, group_id bigint, updated_at timestamp
);
-- the helpdesk's own SLAs: what is promised, and the steps of its clocks; targets in minutes
create table sla_policies (policy_id bigint, title varchar, position integer);
create table sla_policy_metrics (policy_id bigint, metric varchar, priority varchar,
                                 target_minutes double, business_hours boolean);
create table metric_events (
  metric_event_id bigint, ticket_id bigint, "at" timestamp, metric varchar, type varchar,
  instance bigint, policy_id bigint, target_minutes double, business_hours boolean
);

-- One row a value, rewritten for the tickets that changed. measure is the key of a form: a measure
-- with what a KPI sets of it (kpi.forms).
-- value: seconds, 0/1 for rates, null while running; at: the period stamp; until: end of a span
-- (null: still running). so_far: the seconds of a clock that are over; since: from when it runs (null:
-- it does not), or from when an age counts. wakes_at: when time alone changes the row. assignee_id,
-- group_id: whose the ticket was at the stamp (now, where there is none); flags: bits of kpi.flags.Flag.
create table measures (
  ticket_id bigint, measure varchar, clock varchar, value double, "at" timestamp, until timestamp,
  actor_id bigint, assignee_id bigint, group_id bigint, so_far double, since timestamp,
  wakes_at timestamp, flags integer
);
create table measured (key varchar, fingerprint varchar);   -- the forms that measures holds
create table changed (ticket_id bigint);                    -- tickets to measure again
-- tickets whose rows changed since the last published set, beside those in changed; null: all
create table unpublished (ticket_id bigint);
