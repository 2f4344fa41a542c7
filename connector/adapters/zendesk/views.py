"""Our views in Zendesk: what to create, bring up to date or remove.

- a view is ours by its id alone, which is remembered; one that a person changed is left as it is;
- a view must ask for one of a few fields, such as the status, in what must all hold;
- conditions are written beside the title, and read below `conditions`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from connector.adapters.zendesk.client import PAGE_SIZE, ZendeskClient
from connector.adapters.zendesk.lists import listed
from connector.adapters.zendesk.wire import Wire
from connector.errors import FatalError
from connector.model.view import OurView, ViewAction, ViewPlan, ViewSpec, ViewStep

if TYPE_CHECKING:
    from zenpy import Zenpy

COLUMNS = ("nice_id", "description", "requester", "created", "priority", "group")
UNSOLVED = {"field": "status", "operator": "less_than", "value": "solved"}
MAKING = frozenset({ViewAction.CREATE, ViewAction.UPDATE})
FORBIDDEN = 403
REFUSED = (
    "zendesk does not let us manage shared views (403): the user needs a role that may add and"
    " edit shared views, and the OAuth client the scopes read and write"
)


class WireView(Wire):
    """A view, as far as we look at it."""

    id: int | str
    title: str = ""
    raw_title: str | None = None
    description: str | None = None
    conditions: Any = None


def views_of(client: ZendeskClient) -> tuple[WireView, ...]:
    """Read all views that our user may see."""
    with _explained():
        return tuple(listed(client, "views", "views", WireView, {"page[size]": PAGE_SIZE}))


def plan(
    wanted: Sequence[ViewSpec],
    ours: Sequence[OurView],
    views: Sequence[WireView],
    *,
    remove: bool,
) -> ViewPlan:
    """Compare the wanted views with the account's; of those only ours are ever changed."""
    made = {one.role: one for one in ours}
    there = {str(view.id): view for view in views}
    steps = []
    for spec in wanted:
        own = made.get(spec.role)
        view = there.get(own.id) if own else None
        if own is not None and view is not None:
            steps.append(_own_step(spec, own, view, remove=remove))
        elif not remove:
            steps.append(_new_step(spec, views))
    return ViewPlan(tuple(steps))


def _own_step(spec: ViewSpec, own: OurView, view: WireView, *, remove: bool) -> ViewStep:
    view_id = str(view.id)
    if not _is_as(view, own.title, own.tags):
        action = ViewAction.REFUSE if remove else ViewAction.KEEP
        detail = f"somebody changed it ({view.title!r}, {view_id}), so it is theirs to change"
        return ViewStep(action=action, spec=spec, view_id=view_id, detail=detail)
    if remove:
        return ViewStep(action=ViewAction.REMOVE, spec=spec, view_id=view_id)
    is_right = _is_as(view, spec.title, spec.tags)
    action = ViewAction.KEEP if is_right else ViewAction.UPDATE
    detail = "" if is_right else f"it was {own.title!r}"
    return ViewStep(action=action, spec=spec, view_id=view_id, detail=detail)


def _new_step(spec: ViewSpec, views: Sequence[WireView]) -> ViewStep:
    rival = next((view for view in views if view.title == spec.title), None)
    if rival is None:
        return ViewStep(action=ViewAction.CREATE, spec=spec)
    if _is_left_behind(rival, spec):
        return ViewStep(action=ViewAction.ADOPT, spec=spec, view_id=str(rival.id))
    detail = f"the view {rival.title!r} ({rival.id}) has that title; rename it first"
    return ViewStep(action=ViewAction.REFUSE, spec=spec, detail=detail)


def _is_left_behind(view: WireView, spec: ViewSpec) -> bool:
    """Tell whether a view is to the letter what we make: an earlier try's that was cut off."""
    return view.description == spec.description and _is_as(view, spec.title, spec.tags)


def _is_as(view: WireView, title: str, tags: Sequence[str]) -> bool:
    return title in {view.title, view.raw_title} and _asked(view) == _lines(_conditions(tags))


def _asked(view: WireView) -> list[tuple[str, ...]]:
    conditions = view.conditions if isinstance(view.conditions, dict) else {}
    rows = [*(conditions.get("all") or ()), *(conditions.get("any") or ())]
    return _lines(row for row in rows if isinstance(row, dict))


def _lines(rows: Any) -> list[tuple[str, ...]]:
    return sorted(
        (str(row.get("field")), str(row.get("operator")), *sorted(str(row.get("value")).split()))
        for row in rows
    )


def _conditions(tags: Sequence[str]) -> list[dict[str, str]]:
    return [UNSOLVED, {"field": "current_tags", "operator": "includes", "value": " ".join(tags)}]


def apply(client: ZendeskClient, plan: ViewPlan, ours: Sequence[OurView]) -> tuple[OurView, ...]:
    """Do what the plan says and return our views as they then are.

    What an earlier try has done already is not done again: the account is asked first.
    """
    there = {str(view.id): view for view in views_of(client)}
    made = {one.role: one for one in ours if one.id in there}
    for step in plan.steps:
        spec, view_id = step.spec, step.view_id
        if step.action == ViewAction.REMOVE and view_id in there:
            del made[spec.role]
            _tell(client, partial(_delete, view_id=int(view_id or 0)))
        if step.action == ViewAction.CREATE:
            view_id = _left_behind(spec, there) or _created(client, spec)
        if step.action == ViewAction.UPDATE:
            _tell(client, partial(_update, body=_body(spec) | {"id": int(view_id or 0)}))
        if step.action in MAKING | {ViewAction.ADOPT} and view_id:
            made[spec.role] = OurView(role=spec.role, id=view_id, title=spec.title, tags=spec.tags)
    return tuple(made.values())


def _left_behind(spec: ViewSpec, there: Mapping[str, WireView]) -> str | None:
    return next((name for name, view in there.items() if _is_left_behind(view, spec)), None)


def _created(client: ZendeskClient, spec: ViewSpec) -> str:
    """Create a view and return its id."""
    with _explained():
        return str(client.ask(partial(_create, body=_body(spec)), WireView).id)


def _body(spec: ViewSpec) -> dict[str, Any]:
    return {
        "title": spec.title,
        "description": spec.description,
        "active": True,
        "all": _conditions(spec.tags),
        "any": [],
        "output": {"columns": [*COLUMNS, *spec.columns]},
    }


def _create(zenpy: Zenpy, *, body: Mapping[str, Any]) -> Any:
    return zenpy.views.create(_view(**body))


def _update(zenpy: Zenpy, *, body: Mapping[str, Any]) -> None:
    zenpy.views.update(_view(**body))


def _delete(zenpy: Zenpy, *, view_id: int) -> None:
    zenpy.views.delete(_view(id=view_id))


def _view(**attributes: Any) -> Any:
    from zenpy.lib.api_objects import View

    return View(**attributes)


def _tell(client: ZendeskClient, order: Any) -> None:
    with _explained():
        client.tell(order)


@contextmanager
def _explained() -> Iterator[None]:
    """Say what to do where the account does not let us."""
    try:
        yield
    except FatalError as error:
        if error.status != FORBIDDEN:
            raise
        raise FatalError(REFUSED, status=error.status) from error
