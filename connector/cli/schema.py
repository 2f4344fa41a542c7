"""`connector schema`: JSON Schema of the configuration and of mapping files, for editors."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from connector.errors import UsageError

if TYPE_CHECKING:
    from connector.model.kpi import MeasureDefinition

FILES = {"config": "config.schema.json", "mapping": "mapping.schema.json"}


def command(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[NAME]", help="config or mapping.")] = "",
    write_to: Annotated[
        Path | None, typer.Option("--write-to", metavar="DIR", help="Write both files there.")
    ] = None,
) -> None:
    """Print the JSON Schema of the configuration and of mapping files, for editors."""
    from connector.cli.catalogue import known_definitions

    definitions = known_definitions(context.obj)
    if write_to is None:
        typer.echo(schema_text(definitions, name), nl=False)
        return
    for path in write_schemas(write_to, definitions):
        typer.echo(f"wrote {path}")


def schema_text(definitions: Mapping[str, MeasureDefinition], name: str = "") -> str:
    """Return one schema as JSON text, or both by name."""
    from connector.config.schema import json_schemas

    schemas = json_schemas(definitions)
    if name and name not in schemas:
        raise UsageError(f"there is no schema {name}; choose one of {', '.join(schemas)}")
    return json.dumps(schemas[name] if name else schemas, indent=2) + "\n"


def write_schemas(folder: Path, definitions: Mapping[str, MeasureDefinition]) -> tuple[Path, ...]:
    """Write both schemas into a folder, for `#:schema ./mapping.schema.json` on top of a file."""
    written = []
    for name, file in FILES.items():
        path = folder / file
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.write_text(schema_text(definitions, name), encoding="utf-8")
        except OSError as cause:
            raise UsageError(f"{path} cannot be written: {cause.strerror}") from cause
        written.append(path)
    return tuple(written)
