"""Calls about people, groups, organizations, schedules and ratings."""

from __future__ import annotations

from typing import Any

from connector.practice import side_routes, view_routes
from connector.practice.clock import stamp
from connector.practice.directory import User
from connector.practice.refusal import not_found
from connector.practice.routing import Answer, Call, Route, listing
from connector.practice.wire import (
    group_document,
    holiday_document,
    organization_document,
    rating_document,
    schedule_document,
    user_document,
)


def me(call: Call) -> Answer:
    """Show whose credentials these are."""
    return Answer({"user": user_document(call.user, call.url)})


def users(call: Call) -> Answer:
    """List people, of some roles if asked."""
    roles = {call.query[name] for name in ("role", "role[]") if name in call.query}
    wanted = {role for given in roles for role in given.split(",")}
    people = [u for u in call.world.directory.users.values() if not wanted or u.role in wanted]
    return listing(call, "users", people, lambda user: user_document(user, call.url))


def user(call: Call) -> Answer:
    """Show one person."""
    return Answer({"user": user_document(_found(call.world.directory.users, call.key), call.url)})


def users_many(call: Call) -> Answer:
    """Show the people that exist among the ids asked for."""
    known = call.world.directory.users
    people: list[User] = [known[one] for one in call.ids() if one in known]
    return listing(call, "users", people, lambda one: user_document(one, call.url))


def groups(call: Call) -> Answer:
    """List groups."""
    found = [g for g in call.world.directory.groups.values() if not g.deleted]
    return listing(call, "groups", found, lambda group: group_document(group, call.url))


def group(call: Call) -> Answer:
    """Show one group, a deleted one too."""
    found = _found(call.world.directory.groups, call.key)
    return Answer({"group": group_document(found, call.url)})


def memberships(call: Call) -> Answer:
    """List who is in which group."""
    pairs = [
        {
            "id": person.id * 100 + place,
            "url": f"{call.url}/api/v2/group_memberships/{person.id * 100 + place}.json",
            "user_id": person.id,
            "group_id": group_id,
            "default": place == 0,
            "created_at": stamp(person.created_at),
            "updated_at": stamp(person.created_at),
        }
        for person in call.world.directory.users.values()
        for place, group_id in enumerate(person.group_ids)
    ]
    return listing(call, "group_memberships", pairs, dict)


def organizations(call: Call) -> Answer:
    """List customer companies."""
    found = list(call.world.directory.organizations.values())
    return listing(call, "organizations", found, lambda one: organization_document(one, call.url))


def schedules(call: Call) -> Answer:
    """List schedules as they are today."""
    call.need_admin()
    found = [schedule_document(one) for one in call.world.directory.schedules.values()]
    return Answer({"schedules": found, "url": f"{call.url}/api/v2/{call.path}.json"})


def schedule(call: Call) -> Answer:
    """Show one schedule."""
    call.need_admin()
    found = _found(call.world.directory.schedules, call.key)
    return Answer({"schedule": schedule_document(found)})


def holidays(call: Call) -> Answer:
    """List the holidays of a schedule."""
    call.need_admin()
    found = _found(call.world.directory.schedules, call.key)
    days = [holiday_document(day) for day in found.holidays]
    return Answer({"holidays": days, "url": f"{call.url}/api/v2/{call.path}.json"})


def ratings(call: Call) -> Answer:
    """List satisfaction ratings, oldest first, by score and time of last change."""
    call.need_admin()
    start, end = call.number("start_time", 0), call.number("end_time", 2**62)
    wanted = call.query.get("score", "")
    scores = {"received": {"good", "bad"}}.get(wanted, {wanted})
    found = [
        rating
        for rating in call.world.ratings.values()
        if start <= rating.updated_at <= end and (not wanted or rating.score in scores)
    ]
    return listing(
        call, "satisfaction_ratings", found, lambda rating: rating_document(rating, call.url)
    )


def rating(call: Call) -> Answer:
    """Show one satisfaction rating."""
    found = _found(call.world.ratings, call.key)
    return Answer({"satisfaction_rating": rating_document(found, call.url)})


def _found(table: dict[int, Any], key: int) -> Any:
    if key not in table:
        raise not_found()
    return table[key]


ROUTES = (
    Route("GET", "users/me", me),
    Route("GET", "users", users),
    Route("GET", "users/show_many", users_many),
    Route("GET", "users/{}", user),
    Route("GET", "groups", groups),
    Route("GET", "groups/assignable", groups),
    Route("GET", "groups/{}", group),
    Route("GET", "group_memberships", memberships),
    Route("GET", "organizations", organizations),
    Route("GET", "business_hours/schedules", schedules),
    Route("GET", "business_hours/schedules/{}", schedule),
    Route("GET", "business_hours/schedules/{}/holidays", holidays),
    Route("GET", "satisfaction_ratings", ratings),
    Route("GET", "satisfaction_ratings/{}", rating),
    *view_routes.ROUTES,
    *side_routes.ROUTES,
)
