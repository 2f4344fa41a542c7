"""Writes the catalog of tap-zendesk with tickets selected: python tap_catalog.py CATALOG.

The tap's own schema and metadata; its own `--discover` asks every stream of the account instead.
"""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path

STREAM = "tickets"


def main(path: str) -> None:
    """Write the one stream, all its fields as they come."""
    discover = importlib.import_module("tap_zendesk.discover")
    singer = importlib.import_module("singer")
    stream = importlib.import_module("tap_zendesk.streams").STREAMS[STREAM](config={})
    schema = singer.resolve_schema_references(
        stream.load_schema(), discover.load_shared_schema_refs()
    )
    metadata = stream.load_metadata()
    for entry in metadata:
        if not entry["breadcrumb"]:
            entry["metadata"]["selected"] = True
    entry = {"stream": STREAM, "tap_stream_id": STREAM, "schema": schema, "metadata": metadata}
    Path(path).write_text(json.dumps({"streams": [entry]}), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
