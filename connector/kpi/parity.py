"""Our values beside the helpdesk's own figures: how many agree, and why the others do not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from importlib.resources import files
from typing import TYPE_CHECKING, Final

import msgspec

from connector.kpi import catalogue
from connector.kpi.flags import Flag
from connector.kpi.forms import Form, usual_form
from connector.kpi.parity_rules import TOLERANCE_S, UNEXPLAINED, chosen, words_of
from connector.model.ticket import NATIVE_FIGURES

if TYPE_CHECKING:
    from duckdb import DuckDBPyConnection

EXAMPLES: Final = 5
COUNTED: Final = {
    "reopens": ("reopens_per_ticket", "reopens"),
    "replies": ("replies_per_ticket", "replies"),
    "assignee_stations": ("assignee_stations", "stations"),
    "group_stations": ("group_stations", "stations"),
}
KINDS: Final = {
    "first_reply_time": "reply",
    "first_resolution_time": "resolution",
    "full_resolution_time": "resolution",
}
"""Times with a stamp of their own; the others are times in a status, which are told so far."""

DIFFERING: Final = """
create or replace temp table p_differing (
  helpdesk varchar, ticket_id bigint, figure varchar, kind varchar, clock varchar,
  ours double, theirs double, at_event double, calendar double, flags integer
)
"""
PAIRS: Final = """
create or replace temp table p_pairs as
select
  n.helpdesk, n.ticket_id, {ours} as ours, n.{figure} as theirs, e.value as at_event,
  c.value as calendar, coalesce(m.flags, 0) as flags
from native as n
left join measures as m on m.helpdesk = n.helpdesk and m.ticket_id = n.ticket_id
  and m.measure = '{key}' and m.clock = '{clock}'
left join measures as e on e.helpdesk = n.helpdesk and e.ticket_id = n.ticket_id
  and e.measure = '{key}{{schedule=at_event}}' and e.clock = '{clock}'
left join measures as c on c.helpdesk = n.helpdesk and c.ticket_id = n.ticket_id
  and c.measure = '{key}' and c.clock = 'calendar'
where ({ours} is not null or n.{figure} is not null)
"""
SO_FAR: Final = (
    f"coalesce(m.value, case when m.flags & {Flag.PARTIAL_HISTORY.value} = 0 then m.so_far end)"
)
"""A sum of a ticket that is still open; of one whose history is partial nothing is known."""

EQUAL: Final = {
    "s": f"coalesce(abs(ours - theirs) < {TOLERANCE_S},"
    " {nothing} and coalesce(ours, theirs) = 0)",
    "count": "coalesce(ours = theirs, coalesce(ours, theirs) = 0)",
}
"""When two figures agree; where nothing was measured yet, none and 0 are the same."""


class Figure(msgspec.Struct, frozen=True):
    """A figure of the helpdesk and the measure of ours that it is held against."""

    name: str
    measure: str
    clock: str
    kind: str
    unit: str

    @property
    def is_sum(self) -> bool:
        """Tell whether it has a value while the ticket is open: a sum, or a count, so far."""
        return self.kind not in {"reply", "resolution"}


class Reason(msgspec.Struct, frozen=True):
    """One class of differences: the rule that explains it, how many tickets, and some of them."""

    rule: str
    words: str
    tickets: int
    examples: tuple[str, ...]


class Parity(msgspec.Struct, frozen=True, kw_only=True):
    """How one figure compares over all tickets that have it on either side."""

    figure: str
    measure: str
    clock: str
    unit: str
    compared: int
    equal: int
    differing: int
    reasons: tuple[Reason, ...]


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """Both values of one ticket; `rule` explains the difference, "" where they agree."""

    figure: str
    measure: str
    clock: str
    unit: str
    ours: float | None
    theirs: float | None
    rule: str
    words: str


def figures() -> tuple[Figure, ...]:
    """Return every figure that helpdesks may offer, with its counterpart."""
    found = []
    for name in NATIVE_FIGURES:
        if name in COUNTED:
            measure, kind = COUNTED[name]
            found.append(Figure(name, measure, "calendar", kind, "count"))
        else:
            measure, _, clock = name.rpartition("_")
            found.append(Figure(name, measure, clock, KINDS.get(measure, "wait"), "s"))
    return tuple(found)


def chosen_figures(names: Iterable[str]) -> tuple[Figure, ...]:
    """Return the figures of these measures, or all; a figure may be named itself as well."""
    wanted = set(names)
    return tuple(f for f in figures() if not wanted or wanted & {f.name, f.measure})


def forms_of(wanted: Sequence[Figure]) -> tuple[Form, ...]:
    """Return what has to be measured to compare: each measure, and by the schedule at the event."""
    found: dict[str, Form] = {}
    for figure in wanted:
        usual = usual_form(catalogue.definitions()[figure.measure])
        found[usual.key] = usual
        if not figure.is_sum:
            other = msgspec.structs.replace(usual, is_at_event=True)
            found[other.key] = other
    return tuple(found.values())


def compare(
    con: DuckDBPyConnection, wanted: Sequence[Figure], *, bots: frozenset[int] = frozenset()
) -> tuple[Parity, ...]:
    """Compare these figures over every ticket of an attached set that has them."""
    con.execute(DIFFERING)
    counts = {figure.name: _pair_up(con, figure) for figure in wanted}
    _explain(con, bots)
    reasons = _reasons(con)
    return tuple(
        Parity(
            figure=figure.name,
            measure=figure.measure,
            clock=figure.clock,
            unit=figure.unit,
            compared=counts[figure.name][0],
            equal=counts[figure.name][1],
            differing=counts[figure.name][0] - counts[figure.name][1],
            reasons=reasons.get(figure.name, ()),
        )
        for figure in wanted
    )


def compare_ticket(
    con: DuckDBPyConnection,
    wanted: Sequence[Figure],
    ticket: int,
    *,
    bots: frozenset[int] = frozenset(),
) -> tuple[Pair, ...]:
    """Return both values of one ticket for each figure that either side has."""
    con.execute(DIFFERING)
    found = [(figure, _one(con, figure, ticket)) for figure in wanted]
    _explain(con, bots)
    rules = dict(con.execute("select figure, rule from p_explained").fetchall())
    return tuple(
        Pair(
            figure=figure.name,
            measure=figure.measure,
            clock=figure.clock,
            unit=figure.unit,
            ours=row[0],
            theirs=row[1],
            rule=rules.get(figure.name, ""),
            words=words_of(rules[figure.name]) if figure.name in rules else "",
        )
        for figure, row in found
        if row is not None
    )


def _pair_up(con: DuckDBPyConnection, figure: Figure, ticket: int | None = None) -> tuple[int, int]:
    """Add what differs to `p_differing`; return how many tickets were compared, and are equal."""
    ours = SO_FAR if figure.is_sum else "m.value"
    key, clock = figure.measure, figure.clock
    pairs = PAIRS.format(ours=ours, figure=figure.name, key=key, clock=clock)
    con.execute(pairs if ticket is None else f"{pairs} and n.ticket_id = {ticket:d}")
    equal = EQUAL[figure.unit].format(nothing="true" if figure.is_sum else "false")
    con.execute(
        "insert into p_differing select helpdesk, ticket_id, ?, ?, ?, ours, theirs, at_event,"
        f" calendar, flags from p_pairs where not ({equal})",
        [figure.name, figure.kind, figure.clock],
    )
    query = f"select count(*), count(*) filter ({equal}) from p_pairs"
    ((compared, same),) = con.execute(query).fetchall()
    return compared, same


def _one(
    con: DuckDBPyConnection, figure: Figure, ticket: int
) -> tuple[float | None, float | None] | None:
    _pair_up(con, figure, ticket)
    rows: list[tuple[float | None, float | None]]
    rows = con.execute("select ours, theirs from p_pairs").fetchall()
    return rows[0] if rows else None


def _explain(con: DuckDBPyConnection, bots: frozenset[int]) -> None:
    facts = files("connector.kpi").joinpath("parity.sql").read_text(encoding="utf-8")
    con.execute(catalogue.fill(facts, {"bots": sorted(bots)}))
    con.execute(
        f"create or replace temp table p_explained as select d.*, {chosen()} as rule"
        " from p_differing as d"
        " join p_facts as f on f.helpdesk = d.helpdesk and f.ticket_id = d.ticket_id"
    )


def _reasons(con: DuckDBPyConnection) -> dict[str, tuple[Reason, ...]]:
    rows = con.execute(
        "select x.figure, x.rule, count(*), list(t.id order by t.ticket_id desc)[:?]"
        " from p_explained as x"
        " join tickets as t on t.helpdesk = x.helpdesk and t.ticket_id = x.ticket_id"
        f" group by x.figure, x.rule order by x.rule = '{UNEXPLAINED}', 3 desc, 2",
        [EXAMPLES],
    ).fetchall()
    found: dict[str, tuple[Reason, ...]] = {}
    for figure, rule, count, examples in rows:
        reason = Reason(rule, words_of(rule), count, tuple(examples))
        found[figure] = (*found.get(figure, ()), reason)
    return found
