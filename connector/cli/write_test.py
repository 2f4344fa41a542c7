"""`connector check --write-test`: proves on one chosen ticket that writing works there."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from connector.cli.exits import ExitCode
from connector.cli.offered_tags import tags_of_goals
from connector.cli.output import print_line
from connector.cli.workspace import Workspace
from connector.errors import AdapterError, UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from connector.adapters.retrying import RetryingAdapter
    from connector.config.settings import HelpdeskTable
    from connector.writeback.trial import Finding

PATIENCE_S = 20.0
LONGEST_JOB_S = 60.0
SIGNS = {True: ("✓", "green"), False: ("✗", "red"), None: ("!", "yellow")}


def write_test(
    workspace: Workspace, ticket_id: str, names: Sequence[str], *, out: Console
) -> ExitCode:
    """Write to one ticket, say what came of it, and leave the ticket as it was."""
    helpdesks = workspace.helpdesks(tuple(names))
    if len(helpdesks) != 1:
        known = ", ".join(one.name for one in helpdesks)
        raise UsageError(f"say which helpdesk the ticket is in: --helpdesk NAME, one of {known}")
    (helpdesk,) = helpdesks
    out.print(f"{helpdesk.name}: writing to ticket {ticket_id}, and taking it back", style="bold")
    try:
        with workspace.open_adapter(helpdesk, patience_s=PATIENCE_S) as adapter:
            is_good = _tried(workspace, helpdesk, adapter, ticket_id, out=out)
    except AdapterError as error:
        print_line(f"✗ {helpdesk.name}: {error}", out=out, style="red")
        return ExitCode.FAILED
    return ExitCode.DONE if is_good else ExitCode.FAILED


def _tried(
    workspace: Workspace,
    helpdesk: HelpdeskTable,
    adapter: RetryingAdapter,
    ticket_id: str,
    *,
    out: Console,
) -> bool:
    from connector.cli.check import FIRST_ANSWER_S
    from connector.cli.patience import answered_within
    from connector.store.lock import Lease
    from connector.writeback.apply import Poll
    from connector.writeback.trial import Trial

    def say(finding: Finding) -> None:
        sign, style = SIGNS[finding.is_good]
        print_line(f"{sign} {finding.text}", out=out, style=style)

    with answered_within(FIRST_ANSWER_S):
        adapter.check()
    with Lease(workspace.folder(helpdesk.name)):
        trial = Trial(
            adapter,
            ticket_id,
            tag=_tag(workspace, helpdesk, adapter, ticket_id),
            fields=workspace.state.fields(helpdesk.name),
            poll=Poll(now=workspace.now, sleep=time.sleep, limit_s=LONGEST_JOB_S),
        )
        return trial.run(say)


def _tag(
    workspace: Workspace, helpdesk: HelpdeskTable, adapter: RetryingAdapter, ticket_id: str
) -> str:
    """Return a tag to try: where tags have to be on offer, one of a goal that the ticket lacks."""
    usual = f"{workspace.settings.writeback.tag_prefix}write_test"
    wanted = tags_of_goals(workspace, helpdesk) if adapter.offers_tags else ()
    if not wanted:
        return usual
    tags = {tag for ticket in adapter.get([ticket_id]) for tag in ticket.tags}
    amiss = tags.union(adapter.missing_tags(wanted))
    return next((tag for tag in wanted if tag not in amiss), usual)
