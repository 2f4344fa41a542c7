-- id: handover_reply_time
-- title: Reply time after a handover
-- definition: Time from the handover of a ticket by a bot to the first reply by a human. A bot hands
--   over when it first gives the ticket to a group or a person, having commented; where it never does,
--   with the last public comment that it writes before a human replies.
-- unit: s
-- family: time
-- clocks: calendar, business
-- aggregates: median, within, p75, p90, p95, mean
-- direction: lower
-- stamp: E
-- lag: 0 d
-- starts: a bot hands over; bots are the accounts that the helpdesk's settings list as such
-- stops: the first reply; a reply is what first_reply_time takes for one
-- not_yet: no human reply yet
-- excludes: merged, spam, deleted, child, messaging
-- range: 0 ..
-- depends_on: tickets, comments, states, schedules
-- source: Gorgias ships such a measure; read it beside the first reply time where bots answer first
with firsts as (
  select ticket_id, min("at") as "at", arg_min(actor_id, ("at", event_id)) as actor_id
  from m_comments
  where is_reply
  group by ticket_id
),
bots as (
  select
    c.ticket_id, min(c."at") as first_at,
    max(c."at") filter (f.ticket_id is not null and c."at" <= f."at") as last_at
  from m_comments as c
  left join firsts as f on f.ticket_id = c.ticket_id
  where c.is_bot and c.is_public
  group by c.ticket_id
),
given as (
  select e.ticket_id, min(e."at") as "at"
  from m_events as e
  join bots as b on b.ticket_id = e.ticket_id and e."at" >= b.first_at
  where e.kind in ('group', 'assignee') and nullif(e.value, '') is not null
    and list_contains($bots::bigint[], e.actor_id)
  group by e.ticket_id
),
handovers as (
  select
    b.ticket_id,
    case when f."at" is null or g."at" <= f."at" then coalesce(g."at", b.last_at) else b.last_at end as "at"
  from bots as b
  left join given as g on g.ticket_id = b.ticket_id
  left join firsts as f on f.ticket_id = b.ticket_id
)
select h.ticket_id, 1 as part, h."at" as started_at, f."at" as stopped_at, f."at", f.actor_id, t.flags
from handovers as h
join m_tickets as t on t.ticket_id = h.ticket_id
join m_states as s on s.ticket_id = h.ticket_id and s.until is null
left join firsts as f on f.ticket_id = h.ticket_id
where h."at" is not null and (f."at" is not null or s.family = 'unsolved')
union all
select ticket_id, 1 as part, created_at as started_at, created_at as stopped_at, null as "at", null as actor_id, flags
from m_tickets
where is_partial
