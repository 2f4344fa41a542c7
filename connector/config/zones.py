"""Time zones as people write them: IANA names, the nearest one for a slip, when days begin."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from connector.config.quantity import said
from connector.config.table import nearest


def zone_name(name: str) -> str:
    """Return the name of a zone that exists; others are refused with a suggestion."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise said(f'there is no time zone "{name}"', _hint(name)) from None
    return name


def midnight(day: date, zone: str) -> datetime:
    """Return the UTC instant at which a local day begins; a midnight that is skipped moves on."""
    return datetime.combine(day, time(), tzinfo=ZoneInfo(zone)).astimezone(UTC)


def _hint(name: str) -> str:
    """Return the zones of a city by this name, or the nearest zone, or what a zone looks like."""
    zones = sorted(zone for zone in available_timezones() if "/" in zone)
    city = name.rpartition("/")[2].lower().replace(" ", "_")
    cities = [zone for zone in zones if zone.rpartition("/")[2].lower() == city]
    if cities:
        return f'did you mean "{min(cities, key=len)}"?'
    return nearest(name, zones) or 'zones look like "Europe/Berlin"'
