"""A digest as a page for mail: one file, its styles inside, readable in the light and the dark.

Mail programs differ in what they understand, so the layout is one plain table with styles on its
cells; those that know of the dark take its colours from the head. Status is a sign and a word.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from html import escape
from typing import TYPE_CHECKING

from connector.cli.digest_text import heading, name, plain, rest, sections, sign
from connector.cli.output import STATUS_STYLES

if TYPE_CHECKING:
    from connector.goals.digest import Digest, Entry

FONT = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
LIGHT: Mapping[str, str] = {
    "green": "#1a6e31",
    "yellow": "#7a4f00",
    "red": "#a81e14",
    "dim": "#57606a",
}
DARK: Mapping[str, str] = {
    "green": "#5fd07c",
    "yellow": "#e8bf5a",
    "red": "#ff8f86",
    "dim": "#a5afba",
}
"""Colours of a status by the background; each has a contrast of at least 4.5 to 1 there."""

PAPER, INK, LINE = "#ffffff", "#1f2328", "#d0d7de"
NIGHT, CHALK, EDGE = "#16191d", "#e6e9ec", "#3d444d"

IN_THE_DARK = "\n".join(
    f"  .{name} {{ color: {color} !important; }}" for name, color in DARK.items()
)
COMMAND = re.compile(r"`(connector [^`]*)`")
HEAD = f"""\
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<style>
:root {{ color-scheme: light dark; }}
@media (prefers-color-scheme: dark) {{
  .page {{ background: {NIGHT} !important; color: {CHALK} !important; }}
  .line {{ border-color: {EDGE} !important; }}
{IN_THE_DARK}
}}
</style>
"""


def html_page(digest: Digest) -> str:
    """Return a digest as one HTML page; all that somebody wrote is escaped."""
    title = escape(heading(digest))
    parts = [_paragraph(escape(digest.summary))]
    for head, entries, empty in sections(digest):
        parts.append(
            f'<h2 style="font-size:17px;line-height:24px;margin:24px 0 4px">{escape(head)}</h2>\n'
        )
        parts.append(_table(entries) if entries else _paragraph(escape(empty)))
    if digest.hidden:
        parts.append(_paragraph(escape(digest.hidden), "dim"))
    body = "".join(parts)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n{HEAD}<title>{title}</title>\n</head>\n'
        f'<body class="page" style="margin:0;padding:0;background:{PAPER};color:{INK}">\n'
        f'<div class="page" style="max-width:680px;margin:0 auto;padding:24px 16px;{FONT};'
        f'font-size:15px;line-height:22px;background:{PAPER};color:{INK}">\n'
        f'<h1 style="font-size:22px;line-height:28px;margin:0 0 8px">{title}</h1>\n{body}'
        "</div>\n</body>\n</html>\n"
    )


def _paragraph(text: str, style: str = "") -> str:
    color = f";color:{LIGHT[style]}" if style else ""
    name_of = f' class="{style}"' if style else ""
    return f'<p{name_of} style="margin:8px 0{color}">{text}</p>\n'


def _table(entries: tuple[Entry, ...]) -> str:
    rows = "".join(map(_row, entries))
    return (
        '<table role="presentation" cellpadding="0" cellspacing="0" border="0"'
        f' style="width:100%;border-collapse:collapse;table-layout:fixed">\n{rows}</table>\n'
    )


def _row(entry: Entry) -> str:
    style = STATUS_STYLES.get(entry.status, ("", "dim"))[1]
    status = plain(entry.status.replace("_", " "))
    badge = f"{sign(entry.status)} {escape(status)}" if status else ""
    title = f"<strong>{escape(name(entry))}</strong>" if entry.title else ""
    cell = f"padding:10px 0;border-top:1px solid {LINE};vertical-align:top"
    return (
        f'<tr><td class="line {style}" style="{cell};width:96px;padding-right:12px;'
        f'font-weight:600;color:{LIGHT[style]}">{badge}</td>\n'
        f'<td class="line" style="{cell};overflow-wrap:anywhere">{title}{_said(rest(entry))}'
        "</td></tr>\n"
    )


def _said(text: str) -> str:
    """Return a sentence for the page; commands in it look like commands."""
    return COMMAND.sub(r"<code>\1</code>", escape(text))
