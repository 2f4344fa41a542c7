"""Which tags of ours a helpdesk has to offer first: named before a ticket refuses one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connector.cli.output import many, print_line

if TYPE_CHECKING:
    from collections.abc import Collection

    from rich.console import Console

    from connector.adapters.retrying import RetryingAdapter
    from connector.cli.workspace import Workspace
    from connector.config.settings import HelpdeskTable
    from connector.model.page import FieldPlan
    from connector.pipeline.job import Job

ROLES = ("status", "outcome")
"""The fields of ours in whose place options become tags."""


def tags_of_goals(workspace: Workspace, helpdesk: HelpdeskTable) -> tuple[str, ...]:
    """Return the tags that goals of this helpdesk may put on tickets, goal by goal.

    Goals for each of many are those of the persons and teams that were read so far.
    """
    from connector.writeback.labels import may_show
    from connector.writeback.ownership import Names

    names = Names(workspace.settings.writeback.tag_prefix)
    people = workspace.settings.writeback.people == "on"
    job = _with_those_for_each(workspace, helpdesk)
    tags: dict[str, None] = {}
    for goal_id, goal in job.mappings_of(helpdesk).goals.items():
        if not (goal.kpi and goal.show.tag) or _is_elsewhere(goal_id, job, helpdesk):
            continue
        definition = job.mappings.kpis[goal.kpi].definition_in(job.definitions)
        if may_show(goal, definition, people=people):
            tags |= dict.fromkeys(sorted(names.goal_tags(goal_id)))
    return tuple(tags)


def tags_of_options(prefix: str, roles: Collection[str]) -> tuple[str, ...]:
    """Return the tags that stand for status and outcome where no field of these roles does."""
    from connector.writeback.labels import STATUSES
    from connector.writeback.ownership import Names
    from connector.writeback.words import TicketOutcome

    names = Names(prefix)
    found = {
        "status": [names.status(word) for word in STATUSES],
        "outcome": [names.outcome(outcome) for outcome in TicketOutcome],
    }
    return tuple(tag for role, tags in found.items() if role in roles for tag in tags)


def say_missing_tags(
    workspace: Workspace, helpdesk: HelpdeskTable, adapter: RetryingAdapter, *, out: Console
) -> None:
    """Name the tags that the helpdesk is seen not to offer."""
    if not adapter.offers_tags:
        return
    fields = {field.role for field in workspace.state.fields(helpdesk.name)}
    lacking = [role for role in ROLES if role not in fields]
    options = tags_of_options(workspace.settings.writeback.tag_prefix, lacking)
    wanted = (*tags_of_goals(workspace, helpdesk), *options)
    missing = adapter.missing_tags(wanted) if wanted else ()
    goals = [tag for tag in missing if tag not in options]
    own = [tag for tag in missing if tag in options]
    if goals:
        _say(
            f"{helpdesk.name}: {many(len(goals), 'tag')} of goals {_are(goals)} not on offer there;"
            " where our user may not add them by writing, an admin does, or tickets refuse them:",
            goals,
            out=out,
        )
    if own:
        _say(
            f"{helpdesk.name}: as long as no field of ours shows the {' and the '.join(lacking)},"
            f" tags do, {len(own):,} of them not on offer there:",
            own,
            out=out,
        )


def list_tags(
    workspace: Workspace,
    helpdesk: HelpdeskTable,
    adapter: RetryingAdapter,
    plan: FieldPlan,
    *,
    out: Console,
) -> None:
    """List all tags that tickets are to carry, for the admin who has to add them."""
    if not adapter.offers_tags:
        return
    refused = [step.spec.role for step in plan.steps if step.action == "refuse"]
    options = tags_of_options(workspace.settings.writeback.tag_prefix, refused)
    wanted = (*tags_of_goals(workspace, helpdesk), *options)
    missing = adapter.missing_tags(wanted) if wanted else ()
    if wanted:
        line = "tags that tickets are to carry; what is not on offer, and our user may not add by"
        print_line(f"{line} writing, an admin adds:", out=out, indent=2)
    for tag in wanted:
        is_there = tag not in missing
        words = tag if is_there else f"{tag} (not on offer)"
        print_line(words, out=out, indent=4, style="" if is_there else "yellow")


def _with_those_for_each(workspace: Workspace, helpdesk: HelpdeskTable) -> Job:
    """Return the job with the goals for each of many, as far as these are known."""
    from connector.pipeline.expanding import expanded
    from connector.pipeline.views import views

    job = workspace.job()
    if not any(goal.for_each for goal in job.mappings_of(helpdesk).goals.values()):
        return job
    with views(job) as seen:
        return expanded(job, seen, [])


def _is_elsewhere(goal_id: str, job: Job, helpdesk: HelpdeskTable) -> bool:
    """Tell whether a goal was made for somebody of another helpdesk."""
    from connector.pipeline.expanding import OF

    others = (other.name for other in job.helpdesks() if other.name != helpdesk.name)
    return goal_id in job.members and any(f"{OF}{name}_" in goal_id for name in others)


def _are(tags: Collection[str]) -> str:
    return "is" if len(tags) == 1 else "are"


def _say(line: str, tags: Collection[str], *, out: Console) -> None:
    print_line(f"! {line}", out=out, style="yellow")
    for tag in tags:
        print_line(tag, out=out, indent=4)
