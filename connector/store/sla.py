"""The helpdesk's own SLAs into tables: policies are replaced as a whole, steps are appended."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import duckdb

from connector.model.sla import MetricEvent, SlaPolicy
from connector.store import columns
from connector.store.keys import Keys

STORED = """
select policy_id, title, position, metric, priority, target_minutes, business_hours
from sla_policies left join sla_policy_metrics using (policy_id) order by all
"""
NEW_STEPS = """
insert into metric_events by name
select page.* from page anti join metric_events using (metric_event_id)
returning ticket_id, type
"""
GONE_STEPS = """
delete from metric_events where metric_event_id in (select metric_event_id from page)
returning ticket_id, type
"""
INTO = "insert into {table} select unnest(?::bigint[])"
TARGETS = frozenset({"apply_sla", "apply_group_sla"})
"""The steps that set or take away a target; outcomes are ours, so no other changes a measure."""

Row = tuple[Any, ...]


class Slas:
    """The SLAs in one store, inside the caller's transaction."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, keys: Keys) -> None:
        """Work on this connection."""
        self._connection = connection
        self._keys = keys

    def save_policies(self, policies: Sequence[SlaPolicy]) -> bool:
        """Make these all the policies there are; tell whether anything changed."""
        before = self._stored()
        self._connection.execute("delete from sla_policies")
        self._connection.execute("delete from sla_policy_metrics")
        keys = self._keys("sla_policy", [policy.id for policy in policies]).tolist()
        self._insert(
            "sla_policies",
            [(key, one.title, one.position) for key, one in zip(keys, policies, strict=True)],
        )
        self._insert(
            "sla_policy_metrics",
            [
                (key, target.metric, target.priority, target.minutes, target.is_business)
                for key, policy in zip(keys, policies, strict=True)
                for target in policy.targets
            ],
        )
        return before != self._stored()

    def save_steps(self, steps: Sequence[MetricEvent]) -> bool:
        """Append the steps that are not there yet, drop the deleted; tell if anything changed.

        Tickets whose targets changed are marked to be measured again.
        """
        newest = {step.id: step for step in steps}.values()
        kept = [step for step in newest if not step.is_deleted]
        gone = [step for step in newest if step.is_deleted]
        changed = [self._each(NEW_STEPS, kept), self._each(GONE_STEPS, gone)]
        return any(changed)

    def _each(self, statement: str, steps: Sequence[MetricEvent]) -> bool:
        """Run a statement over a page of steps; tell whether it touched a row."""
        if not steps:
            return False
        page = columns.metric_event_columns(steps, self._keys)
        self._connection.register("page", page)
        try:
            rows = self._connection.execute(statement).fetchall()
        finally:
            self._connection.unregister("page")
        due = sorted({ticket for ticket, type_ in rows if type_ in TARGETS})
        others = sorted({ticket for ticket, _ in rows} - set(due))
        for table, tickets in (("changed", due), ("unpublished", others)):
            if tickets:
                self._connection.execute(INTO.format(table=table), [tickets])
        return bool(rows)

    def _stored(self) -> list[Row]:
        return self._connection.execute(STORED).fetchall()

    def _insert(self, table: str, rows: Sequence[Row]) -> None:
        for row in rows:
            places = ", ".join("?" * len(row))
            self._connection.execute(f"insert into {table} values ({places})", list(row))
