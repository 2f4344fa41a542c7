"""A digest in words: for a terminal or a mail as plain text, and as Markdown for a chat."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from connector.cli.output import STATUS_STYLES, clean, print_line
from connector.config.phrases import written

if TYPE_CHECKING:
    from rich.console import Console

    from connector.goals.digest import Digest, Entry

Section = tuple[str, "tuple[Entry, ...]", str]
"""A heading, what stands below it, and what is said if that is nothing."""
MARKUP = re.compile(r"([\\`*_\[\]<>#|~&])")
NO_SIGN = "○"


def heading(digest: Digest) -> str:
    """Return what a digest is called."""
    return f"Goals from {written(digest.since)} to {written(digest.as_of.date())}"


def sections(digest: Digest) -> Iterator[Section]:
    """Return the parts of a digest; those that are empty are left out or say so briefly."""
    yield "What changed", digest.changed, "No status changed."
    yield "At risk", digest.at_risk, "Nothing is at risk."
    for title, entries in (("Small wins", digest.wins), ("What to do next", digest.next)):
        if entries:
            yield title, entries, ""


def name(entry: Entry) -> str:
    """Return whom a sentence is about, one line without control characters; "" for nobody."""
    return plain(entry.title)


def rest(entry: Entry) -> str:
    """Return the sentence after the name: the owner, what is said, and why."""
    owner = f" ({plain(entry.owner)})" if entry.title and entry.owner else ""
    text = f"{' ' if entry.title else ''}{plain(entry.text)}"
    why = f": {plain(entry.why)}" if entry.why else ""
    return f"{owner}{text}{why}{'' if (why or text).endswith('.') else '.'}"


def sign(status: str) -> str:
    """Return the sign of a status."""
    return STATUS_STYLES.get(status, (NO_SIGN, ""))[0]


def plain(text: str) -> str:
    """Return foreign text on one line, without control characters."""
    return clean(" ".join(text.split())).plain


def print_text(digest: Digest, *, out: Console) -> None:
    """Print a digest as plain text."""
    out.print(clean(heading(digest)), style="bold")
    print_line(digest.summary, out=out)
    for title, entries, empty in sections(digest):
        out.print()
        out.print(clean(title), style="bold")
        for entry in entries:
            mark = f"{sign(entry.status)} " if entry.status else "- "
            print_line(f"{mark}{name(entry)}{rest(entry)}", out=out)
        if not entries:
            print_line(empty, out=out)
    if digest.hidden:
        out.print()
        print_line(digest.hidden, out=out, style="dim")


def markdown(digest: Digest) -> str:
    """Return a digest as Markdown; nothing that somebody wrote becomes markup."""
    lines = [f"# {heading(digest)}", "", escaped(digest.summary)]
    for title, entries, empty in sections(digest):
        lines += ["", f"## {title}", ""]
        lines += [f"- {_bullet(entry)}" for entry in entries] or [empty]
    if digest.hidden:
        lines += ["", escaped(digest.hidden)]
    return "\n".join(lines) + "\n"


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is."""
    return MARKUP.sub(r"\\\1", plain(text))


def _bullet(entry: Entry) -> str:
    mark = f"{sign(entry.status)} " if entry.status else ""
    title = f"**{escaped(entry.title)}**" if entry.title else ""
    owner = rest(entry)
    return f"{mark}{title}{' ' if owner.startswith(' ') else ''}{escaped(owner)}"
