-- Groups by what a KPI may call them: name or id, in small letters.
select g.group_id, lower(g.name) as name, lower(coalesce(v.id, g.group_id::varchar)) as id
from groups as g
left join $vendor_ids as v on v.kind = 'group' and v.key = g.group_id
