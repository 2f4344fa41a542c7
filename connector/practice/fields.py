"""Ticket fields; an option of a drop-down is a tag, and a tag serves one field only."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from connector.practice.refusal import Refusal, invalid

FIELD_BASE = 28_900_000_000_000
SYSTEM_KINDS = ("subject", "description", "status", "tickettype", "priority", "group", "assignee")
CUSTOM_KINDS = frozenset(
    {
        "text",
        "textarea",
        "tagger",
        "multiselect",
        "checkbox",
        "integer",
        "decimal",
        "date",
        "regexp",
    }
)
OPTION_KINDS = frozenset({"tagger", "multiselect"})


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a drop-down; `value` is the tag that tickets get."""

    id: int
    name: str
    value: str


@dataclass(slots=True)
class TicketField:
    """A ticket field; system fields cannot be removed."""

    id: int
    kind: str
    title: str
    created_at: int
    updated_at: int
    description: str = ""
    active: bool = True
    removable: bool = True
    tag: str | None = None
    options: tuple[Option, ...] = ()

    @property
    def is_custom(self) -> bool:
        """Tell whether tickets carry a value of this field in `custom_fields`."""
        return self.kind in CUSTOM_KINDS

    def has_option(self, value: str) -> bool:
        """Tell whether a tag is one of this field's options."""
        return any(option.value == value for option in self.options)

    def label(self, value: object) -> str:
        """Return what an agent sees for a stored value."""
        if isinstance(value, tuple):
            return ", ".join(self.label(one) for one in value)
        return next((o.name for o in self.options if o.value == value), str(value))


@dataclass(slots=True)
class Fields:
    """The account's ticket fields by id; `owner` says which field a tag serves."""

    by_id: dict[int, TicketField] = field(default_factory=dict)
    owner: dict[str, int] = field(default_factory=dict)
    _last_id: int = FIELD_BASE

    @property
    def last_id(self) -> int:
        """Return the highest id that was given out."""
        return self._last_id

    def restore(self, owner: Mapping[str, int], last_id: int) -> None:
        """Take on what a saved state knew of tags and ids."""
        self.owner, self._last_id = dict(owner), last_id

    def custom(self) -> list[TicketField]:
        """Return the active fields whose values tickets carry, in order of creation."""
        return [one for one in self.by_id.values() if one.is_custom and one.active]

    def add_system(self, kinds: Iterable[str], at: int) -> None:
        """Add the fields that every account has."""
        for kind in kinds:
            one = TicketField(self._new_id(), kind, kind.title(), at, at, removable=False)
            self.by_id[one.id] = one

    def create(self, body: Mapping[str, Any], at: int) -> TicketField:
        """Add a custom field as the wire describes it, or refuse."""
        kind = body.get("type")
        title = str(body.get("title") or "").strip()
        if kind not in CUSTOM_KINDS:
            raise invalid("type", f"Type: {kind} is not a valid field type")
        if not title:
            raise invalid("title", "Title: cannot be blank")
        one = TicketField(self._new_id(), kind, title, at, at)
        one.description = str(body.get("description") or title)
        one.tag = body.get("tag") or None
        one.active = bool(body.get("active", True))
        one.options = self._options(one, body.get("custom_field_options") or [])
        self._claim(one)
        self.by_id[one.id] = one
        return one

    def update(self, one: TicketField, body: Mapping[str, Any], at: int) -> list[str]:
        """Change a field and return the option values that fell away."""
        before = [option.value for option in one.options]
        if "custom_field_options" in body:
            options = self._options(one, body["custom_field_options"] or [])
            self._check_free(one, [option.value for option in options])
            one.options = options
        one.title = str(body.get("title", one.title))
        one.description = str(body.get("description", one.description))
        one.active = bool(body.get("active", one.active))
        one.updated_at = at
        gone = [value for value in before if not one.has_option(value)]
        self._release(gone)
        self._claim(one)
        return gone

    def put_option(self, one: TicketField, body: Mapping[str, Any], at: int) -> tuple[Option, bool]:
        """Add one option, or rename the one with its id; say whether it is new."""
        known = next((o for o in one.options if o.id == body.get("id")), None)
        option = Option(
            known.id if known else self._new_id(), str(body["name"]), str(body["value"])
        )
        if known is None and one.has_option(option.value):
            raise invalid("value", f"Value: {option.value} is already used")
        self._check_free(one, [option.value])
        kept = [o for o in one.options if o.id != option.id]
        if known is not None and known.value != option.value:
            self._release([known.value])
        one.options = (*kept, option)
        one.updated_at = at
        self._claim(one)
        return option, known is None

    def remove(self, one: TicketField) -> list[str]:
        """Remove a field and return the tags it no longer owns."""
        if not one.removable:
            raise Refusal(403, {"error": "Forbidden", "description": "system fields stay"})
        del self.by_id[one.id]
        tags = [tag for tag, owner in self.owner.items() if owner == one.id]
        self._release(tags)
        return tags

    def _options(self, one: TicketField, items: Iterable[Mapping[str, Any]]) -> tuple[Option, ...]:
        ids = {option.value: option.id for option in one.options}
        options = []
        for item in items:
            value = str(item.get("value", ""))
            if not value or " " in value:
                raise invalid("custom_field_options", f"Value: {value!r} is not a valid tag")
            options.append(Option(ids.get(value) or self._new_id(), str(item["name"]), value))
        values = [option.value for option in options]
        if len(set(values)) < len(values):
            raise invalid("custom_field_options", "Value: used more than once")
        return tuple(options)

    def _check_free(self, one: TicketField, tags: Iterable[str]) -> None:
        for tag in tags:
            if self.owner.get(tag, one.id) != one.id:
                message = f"Tag: {tag} has already been used in another ticket field"
                raise invalid("custom_field_options", message)

    def _claim(self, one: TicketField) -> None:
        tags = [option.value for option in one.options] + ([one.tag] if one.tag else [])
        self._check_free(one, tags)
        for tag in tags:
            self.owner[tag] = one.id

    def _release(self, tags: Iterable[str]) -> None:
        for tag in tags:
            self.owner.pop(tag, None)

    def _new_id(self) -> int:
        self._last_id += 4
        return self._last_id
