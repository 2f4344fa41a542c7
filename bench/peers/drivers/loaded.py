"""Loads all tickets into DuckDB with dlt's REST source.

    python loaded.py SUBDOMAIN TOKEN START FOLDER [--plain]

Merge by id, incremental by the generated stamp; `tags` and `custom_fields` are JSON columns and
the copy `fields` is left out, as in dlt's own source for this helpdesk. With `--plain` there are no
such hints, and each of these lists becomes a table of its own.
"""

from __future__ import annotations

import importlib
import json
import sys
from typing import Any

JSON_COLUMNS = ("tags", "custom_fields")


def main(subdomain: str, token: str, start: str, folder: str, *options: str) -> None:
    """Run the pipeline once, and say how many tickets the table has."""
    dlt = importlib.import_module("dlt")
    rest_api = importlib.import_module("dlt.sources.rest_api")
    pipeline = dlt.pipeline(
        pipeline_name="tickets",
        pipelines_dir=folder,
        destination=dlt.destinations.duckdb(f"{folder}/tickets.duckdb"),
        dataset_name="support",
    )
    config = _config(subdomain, token, int(start), plain="--plain" in options)
    pipeline.run(rest_api.rest_api_source(config, max_table_nesting=2))
    with pipeline.sql_client() as client:
        rows = client.execute_sql("select count(*) from tickets")
    sys.stdout.write(json.dumps({"rows": rows[0][0]}) + "\n")


def _config(subdomain: str, token: str, start: int, *, plain: bool) -> dict[str, Any]:
    tickets: dict[str, Any] = {
        "name": "tickets",
        "primary_key": "id",
        "write_disposition": "merge",
        "endpoint": {
            "path": "incremental/tickets/cursor",
            "data_selector": "tickets",
            "params": {"include": "metric_sets"},
            "incremental": {
                "cursor_path": "generated_timestamp",
                "start_param": "start_time",
                "initial_value": start,
            },
            "paginator": {
                "type": "cursor",
                "cursor_path": "after_cursor",
                "cursor_param": "cursor",
                "stop_after_empty_page": True,
            },
        },
    }
    if not plain:
        tickets["columns"] = {name: {"data_type": "json"} for name in JSON_COLUMNS}
        tickets["processing_steps"] = [{"map": _without_copy}]
    return {
        "client": {
            "base_url": f"https://{subdomain}.zendesk.com/api/v2/",
            "auth": {"type": "bearer", "token": token},
        },
        "resources": [tickets],
    }


def _without_copy(ticket: dict[str, Any]) -> dict[str, Any]:
    del ticket["fields"]
    return ticket


if __name__ == "__main__":
    main(*sys.argv[1:])
