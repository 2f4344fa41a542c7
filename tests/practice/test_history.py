from __future__ import annotations

from connector.practice.acts import Acts
from connector.practice.world import World
from tests.practice.client import Client, Json, field_named, opened, staff

FEED = "incremental/ticket_events"


def last_event(client: Client, world: World, **query: object) -> Json:
    world.clock.advance(60)
    event: Json = client.get(FEED, start_time=1, **query)["ticket_events"][-1]
    return event


def children(event: Json, kind: str) -> list[Json]:
    return [child for child in event["child_events"] if child["event_type"] == kind]


def test_the_feed_withholds_the_newest_minute(client: Client, acts: Acts, world: World) -> None:
    opened(acts)
    page = client.get(FEED, start_time=1)
    assert (page["ticket_events"], page["end_of_stream"]) == ([], True)
    assert last_event(client, world)["event_type"] == "Audit"


def test_the_last_second_of_a_page_repeats_on_the_next(
    client: Client, acts: Acts, world: World
) -> None:
    ticket_id = opened(acts)
    world.clock.advance(5)
    for tag in ("a", "b", "c"):
        acts.add_tags(ticket_id, tag)
    world.clock.advance(60)
    page = client.get(FEED, start_time=1, per_page=3)
    following = client.get(page["next_page"])
    assert page["end_time"] == page["ticket_events"][-1]["timestamp"]
    ids = [[event["id"] for event in one["ticket_events"]] for one in (page, following)]
    assert ids[1][:2] == ids[0][1:]
    assert len({*ids[0], *ids[1]}) == 4
    assert (page["count"], page["end_of_stream"], following["end_of_stream"]) == (3, False, True)


def test_every_page_names_the_next_one_even_the_last(client: Client, world: World) -> None:
    page = client.get(FEED, start_time=1)
    assert page["end_of_stream"] is True
    assert page["next_page"].endswith("start_time=1")


def test_a_creation_is_one_compact_entry(client: Client, acts: Acts, world: World) -> None:
    product = field_named(world, "Product")
    value = {"id": product, "value": "product_reports"}
    opened(acts, priority="high", tags=["x"], custom_fields=[value])
    (created,) = children(last_event(client, world), "Create")
    assert created["status"] == "new"
    assert created["priority"] == "high"
    assert created["tags"] == ["product_reports", "x"]
    assert created["custom_ticket_fields"] == {str(product): "product_reports"}
    assert created["comment_present"] is True
    assert created["comment_public"] is True


def test_a_change_tells_the_field_and_its_value_before(
    client: Client, acts: Acts, world: World
) -> None:
    ticket_id = opened(acts)
    acts.set_status(ticket_id, "hold")
    (changed,) = children(last_event(client, world), "Change")
    assert (changed["status"], changed["previous_value"]) == ("hold", "new")


def test_a_change_of_tags_tells_what_came_and_went(
    client: Client, acts: Acts, world: World
) -> None:
    ticket_id = opened(acts, tags=["old", "kept"])
    acts.update(ticket_id, staff(world), {"tags": ["kept", "fresh"]})
    (changed,) = children(last_event(client, world), "Change")
    assert changed["tags"] == ["fresh", "kept"]
    assert (changed["added_tags"], changed["removed_tags"]) == (["fresh"], ["old"])


def test_a_change_of_a_custom_field_is_keyed_by_its_id(
    client: Client, acts: Acts, world: World
) -> None:
    ticket_id, number = opened(acts), field_named(world, "Order number")
    acts.set_field(ticket_id, number, "A-1")
    (changed,) = children(last_event(client, world), "Change")
    assert changed["custom_ticket_fields"] == {str(number): "A-1"}


def test_comments_come_whole_only_when_asked_for(client: Client, acts: Acts, world: World) -> None:
    ticket_id, agent = opened(acts), staff(world)
    acts.comment(ticket_id, agent, "Look <here>", public=False)
    event = last_event(client, world)
    (bare,) = children(event, "Comment")
    assert (bare["comment_present"], bare["comment_public"]) == (True, False)
    assert "body" not in bare
    (whole,) = children(last_event(client, world, include="comment_events"), "Comment")
    assert (whole["author_id"], whole["public"]) == (agent, False)
    assert whole["audit_id"] == event["id"]
    assert whole["html_body"].count("&lt;here&gt;") == 1


def test_a_group_with_hours_of_its_own_assigns_its_schedule(
    client: Client, acts: Acts, world: World
) -> None:
    ticket_id = opened(acts)
    group = next(iter(world.directory.groups.values()))
    acts.update(ticket_id, staff(world), {"group_id": group.id})
    (assigned,) = children(last_event(client, world), "ScheduleAssignment")
    assert assigned["new_schedule_id"] == group.schedule_id


def test_a_merge_closes_tags_and_tells_both_tickets(
    client: Client, acts: Acts, world: World
) -> None:
    source, target = opened(acts), opened(acts)
    acts.merge(source, target)
    assert client.ticket(source)["status"] == "closed"
    assert client.ticket(source)["tags"] == ["closed_by_merge"]
    event = last_event(client, world)
    assert event["via"] == "Merge"
    assert {child["via_reference_id"] for child in event["child_events"]} == {target}
    assert client.audits(target)[-1]["via"]["source"]["rel"] == "merge"


def test_audits_write_ids_as_text(client: Client, acts: Acts, world: World) -> None:
    ticket_id, agent = opened(acts), staff(world)
    acts.assign(ticket_id, agent)
    created, assigned = client.audits(ticket_id)
    assert {event["type"] for event in created["events"]} == {"Create", "Comment"}
    change = next(e for e in assigned["events"] if e["field_name"] == "assignee_id")
    assert (change["value"], change["previous_value"]) == (str(agent), None)
