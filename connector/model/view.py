"""Views of tickets that agents may be given in the helpdesk, and the plan to make them."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class ViewSpec(msgspec.Struct, frozen=True, kw_only=True):
    """A view we want to exist: unsolved tickets that have any of these tags.

    `role` is ours: at_risk or due_soon. `columns` are the ids of our fields to show in it.
    """

    role: str
    title: str
    description: str
    tags: tuple[str, ...]
    columns: tuple[str, ...] = ()


class OurView(msgspec.Struct, frozen=True, kw_only=True):
    """A view that setup made, as it made it; whatever differs by now, a person changed."""

    role: str
    id: str
    title: str
    tags: tuple[str, ...]


class ViewAction(StrEnum):
    """What a view plan does about one view."""

    CREATE = "create"
    ADOPT = "adopt"  # an earlier try made it, and did not live to remember it
    UPDATE = "update"
    KEEP = "keep"
    REMOVE = "remove"
    REFUSE = "refuse"  # a person's doing stands against it; `detail` says what


class ViewStep(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a view plan."""

    action: ViewAction
    spec: ViewSpec
    view_id: str | None = None
    detail: str = ""


class ViewPlan(msgspec.Struct, frozen=True):
    """What `setup --views` would do to the helpdesk's views, in order."""

    steps: tuple[ViewStep, ...]

    @property
    def is_empty(self) -> bool:
        """Tell whether applying the plan would change nothing in the helpdesk."""
        quiet = {ViewAction.KEEP, ViewAction.ADOPT, ViewAction.REFUSE}
        return all(step.action in quiet for step in self.steps)
