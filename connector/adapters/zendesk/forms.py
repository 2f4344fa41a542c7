"""Ticket forms: where agents see our fields, and where they would not.

- on an account with several forms a field shows on those that name it, and on no other;
- a form takes its fields as one ordered list, so ours are appended to the list as just read;
- the conditions of a form are not sent, and compared afterwards all the same.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from typing import Any

import msgspec
from msgspec.structs import replace

from connector.adapters.zendesk.client import ZendeskClient
from connector.adapters.zendesk.settings import KIND
from connector.adapters.zendesk.wire import Wire
from connector.errors import FatalError
from connector.model.page import FieldAction, FieldPlan, FieldStep

NOT_THERE = (403, 404)
CHANGING = frozenset(
    {FieldAction.CREATE, FieldAction.ADOPT, FieldAction.ADD_OPTIONS, FieldAction.KEEP}
)


class WireForm(Wire):
    """A ticket form; the conditions are kept as they are, old answers lack them."""

    id: int
    name: str
    active: bool = True
    ticket_field_ids: tuple[int, ...] = ()
    agent_conditions: Any = None
    end_user_conditions: Any = None


class FormAnswer(Wire):
    """The answer to an update of a form."""

    ticket_form: WireForm


_ANSWER = msgspec.json.Decoder(FormAnswer)


def forms_of(client: ZendeskClient) -> tuple[WireForm, ...]:
    """Read all forms; an account whose plan lacks them has none."""
    try:
        return tuple(client.listing("ticket_forms", "ticket_forms", WireForm))
    except FatalError as error:
        if error.status not in NOT_THERE:
            raise
        return ()


def fields_by_form(forms: Sequence[WireForm]) -> dict[str, tuple[str, ...]]:
    """Return the ids of the fields on each active form, by the form's id."""
    return {str(f.id): tuple(map(str, f.ticket_field_ids)) for f in forms if f.active}


def with_forms(
    plan: FieldPlan, forms: Sequence[WireForm], names: Sequence[str] | None, *, remove: bool
) -> FieldPlan:
    """Add to each step of a plan the forms that it changes.

    Fields of ours go on the forms that are named, on all active ones if `names` is None, and are
    taken off every form they are on.
    """
    if remove:
        return FieldPlan(tuple(_taken_off(step, forms) for step in plan.steps))
    wanted = _chosen(forms, names)
    return FieldPlan(tuple(_put_on(step, wanted) for step in plan.steps))


def _chosen(forms: Sequence[WireForm], names: Sequence[str] | None) -> list[WireForm]:
    if names is None:
        return [form for form in forms if form.active]
    known = [form.name for form in forms]
    for name in names:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            hint = (
                f"did you mean {near[0]!r}" if near else f"there are {', '.join(known) or 'none'}"
            )
            raise FatalError(
                f"{KIND} has no ticket form {name!r}; {hint}; see forms in [helpdesk.options]"
            )
    return [form for form in forms if form.name in names]


def _put_on(step: FieldStep, forms: Sequence[WireForm]) -> FieldStep:
    if step.action not in CHANGING:
        return step
    lacking = (form for form in forms if not _has(form, step.field_id))
    return replace(step, forms={str(form.id): form.name for form in lacking})


def _taken_off(step: FieldStep, forms: Sequence[WireForm]) -> FieldStep:
    if step.action != FieldAction.REMOVE or step.field_id is None:
        return step
    holding = [form for form in forms if _has(form, step.field_id)]
    bound = [form.name for form in holding if int(step.field_id) in _named_in_conditions(form)]
    if bound:
        detail = f"the form {bound[0]!r} has a condition with it; take it out of that first"
        return replace(step, action=FieldAction.REFUSE, detail=detail)
    return replace(step, forms={str(form.id): form.name for form in holding})


def _has(form: WireForm, field_id: str | None) -> bool:
    return field_id is not None and int(field_id) in form.ticket_field_ids


def _named_in_conditions(form: WireForm) -> set[int]:
    conditions = [*(form.agent_conditions or ()), *(form.end_user_conditions or ())]
    return {
        field_id
        for condition in conditions
        for field_id in (
            condition.get("parent_field_id"),
            *(child.get("id") for child in condition.get("child_fields") or ()),
        )
        if isinstance(field_id, int)
    }


def append_fields(client: ZendeskClient, plan: FieldPlan, ids: Mapping[str, str]) -> None:
    """Put our fields (role to id) on the forms that the plan names, behind what is there."""
    for form, steps in _changed(client, plan):
        ours = [ids[step.spec.role] for step in steps if step.spec.role in ids]
        more = (int(field_id) for field_id in ours if not _has(form, field_id))
        _update(client, form, (*form.ticket_field_ids, *more))


def take_off_fields(client: ZendeskClient, plan: FieldPlan) -> None:
    """Take the fields that the plan removes off the forms that it names."""
    for form, steps in _changed(client, plan):
        ours = {int(step.field_id) for step in steps if step.field_id}
        _update(client, form, tuple(i for i in form.ticket_field_ids if i not in ours))


def _changed(client: ZendeskClient, plan: FieldPlan) -> Iterator[tuple[WireForm, list[FieldStep]]]:
    """Yield the forms that a plan changes as they now are, with the steps that change them."""
    if not any(step.forms for step in plan.steps):
        return
    for form in forms_of(client):
        steps = [step for step in plan.steps if str(form.id) in step.forms]
        if steps:
            yield form, steps


def _update(client: ZendeskClient, form: WireForm, field_ids: tuple[int, ...]) -> None:
    if field_ids == form.ticket_field_ids:
        return
    body = {"ticket_form": {"ticket_field_ids": field_ids}}
    after = client.put(f"ticket_forms/{form.id}", body, _ANSWER).ticket_form
    for name in ("agent_conditions", "end_user_conditions"):
        if (getattr(after, name) or []) != (getattr(form, name) or []):
            raise FatalError(
                f"{KIND} changed the conditions of the form {form.name!r} ({form.id}) when our"
                " fields were put on or taken off; restore them in the Admin Center"
            )
