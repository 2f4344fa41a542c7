"""What an agent would see: a plain page for each ticket, and one to begin from."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape
from typing import Any

from connector.practice.clock import iso
from connector.practice.feed import Audit
from connector.practice.refusal import not_found
from connector.practice.routing import HTML, Answer
from connector.practice.world import UNSOLVED, Change, Comment, Created, Ticket, World

STYLE = """
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:62rem;padding:0 1rem}
h1{font-size:1.5rem;margin:0 0 1rem}h2{font-size:1.1rem;margin:2rem 0 .5rem}
.page{display:grid;grid-template-columns:19rem 1fr;gap:2rem}
dl{margin:0;background:#f5f7fa;padding:1rem;border-radius:.5rem}
dt{font-size:.8rem;color:#616e7c}dd{margin:0 0 .6rem}
.tag{display:inline-block;background:#d9e2ec;border-radius:.3rem;padding:0 .4rem;margin:.1rem}
.tag.goal{background:#ffe3a3}.field{border-left:.25rem solid #cbd2d9;padding-left:.5rem}
article{border:1px solid #e4e7eb;border-radius:.5rem;padding:.5rem 1rem;margin:.5rem 0}
article.note{background:#fff8e1}article header,td.time{color:#616e7c;font-size:.85rem}
table{border-collapse:collapse;width:100%;font-size:.85rem}
td{border-top:1px solid #e4e7eb;padding:.2rem .4rem;vertical-align:top}
"""


def ticket_page(world: World, ticket_id: int) -> Answer:
    """Show one ticket as an agent sees it."""
    ticket = world.tickets.get(ticket_id)
    if ticket is None:
        raise not_found()
    history = [audit for _, audit in world.history(ticket)]
    side = "".join(_entry(name, value) for name, value in _facts(world, ticket))
    talk = "".join(_said(world, audit) for audit in history)
    trail = "".join(_row(world, audit) for audit in history)
    body = (
        f"<h1>#{ticket.id} {escape(ticket.subject)}</h1>"
        f'<div class="page"><dl>{side}</dl><main><h2>Conversation</h2>{talk}'
        f"<h2>Audit trail</h2><table>{trail}</table></main></div>"
    )
    return _page(f"#{ticket.id} {ticket.subject}", body)


def index_page(world: World) -> Answer:
    """Show where to go: counts, and some unsolved tickets."""
    unsolved = [t for t in world.tickets.values() if t.status in UNSOLVED]
    latest = sorted(unsolved, key=lambda t: (t.updated_at, t.id), reverse=True)[:25]
    rows = "".join(
        f'<tr><td><a href="/agent/tickets/{t.id}">#{t.id}</a></td><td>{escape(t.subject)}</td>'
        f"<td>{t.status}</td><td>{escape(' '.join(t.tags))}</td>"
        f'<td class="time">{iso(t.updated_at)}</td></tr>'
        for t in latest
    )
    body = (
        f"<h1>Practice helpdesk</h1><p>{len(world.tickets):,} tickets, {len(unsolved):,} unsolved, "
        f"{len(world.feed):,} updates; the time here is {iso(world.now())}.</p>"
        f"<h2>Latest unsolved tickets</h2><table>{rows}</table>"
    )
    return _page("Practice helpdesk", body)


def _page(title: str, body: str) -> Answer:
    page = (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>{escape(title)}</title>'
        f"<style>{STYLE}</style></head><body>{body}</body></html>"
    )
    return Answer(page.encode(), content_type=HTML)


def _facts(world: World, ticket: Ticket) -> Iterable[tuple[str, str]]:
    group = world.directory.groups.get(ticket.group_id or 0)
    yield "Status", f"<strong>{escape(ticket.status.title())}</strong>"
    yield "Requester", escape(_person(world, ticket.requester_id))
    yield "Assignee", escape(_person(world, ticket.assignee_id))
    yield "Group", escape(group.name if group else "-")
    yield "Priority", escape(ticket.priority or "-")
    yield "Channel", escape(ticket.via.channel)
    yield "Satisfaction", escape(ticket.satisfaction_score or "-")
    yield "Created", iso(ticket.created_at)
    yield "Updated", iso(ticket.updated_at)
    yield "Tags", "".join(_tag(tag) for tag in ticket.tags) or "-"
    for field in world.fields.custom():
        value = ticket.values.get(field.id)
        shown = "-" if value is None else escape(field.label(value)).replace("\n", "<br>")
        yield escape(field.title), f'<span class="field">{shown}</span>'


def _entry(name: str, value: str) -> str:
    return f"<dt>{name}</dt><dd>{value}</dd>"


def _tag(tag: str) -> str:
    kind = "tag goal" if tag.startswith("goal_") else "tag"
    return f'<span class="{kind}">{escape(tag)}</span>'


def _said(world: World, audit: Audit) -> str:
    said = [change for change in audit.changes if isinstance(change, Comment)]
    return "".join(
        f'<article class="{"reply" if one.public else "note"}"><header>'
        f"{escape(_person(world, one.author_id or audit.author_id))}, "
        f"{'public' if one.public else 'internal note'}, {iso(audit.at)}</header>"
        f"<p>{escape(one.text)}</p></article>"
        for one in said
    )


def _row(world: World, audit: Audit) -> str:
    changes = [_told(world, change) for change in audit.changes if not isinstance(change, Comment)]
    if not changes:
        return ""
    who = escape(_person(world, audit.author_id))
    return (
        f'<tr><td class="time">{iso(audit.at)}</td><td>{who}</td>'
        f"<td>{escape(audit.via.text)}</td><td>{'<br>'.join(changes)}</td></tr>"
    )


def _told(world: World, change: Change | Created) -> str:
    if isinstance(change, Created):
        return "created"
    field = world.fields.by_id.get(change.name) if isinstance(change.name, int) else None
    name = field.title if field else str(change.name)
    if change.name == "tags":
        old, new = set(change.old or ()), set(change.new or ())
        moves = [f"+{tag}" for tag in sorted(new - old)] + [f"-{tag}" for tag in sorted(old - new)]
        return escape(f"tags: {' '.join(moves)}")
    before, after = (_shown(field, value) for value in (change.old, change.new))
    return escape(f"{name}: {before} → {after}")


def _shown(field: Any, value: object) -> str:
    if value is None:
        return "-"
    return str(value) if field is None else str(field.label(value))


def _person(world: World, user_id: int | None) -> str:
    if user_id is None:
        return "-"
    user = world.directory.users.get(user_id)
    return "System" if user is None else user.name
