"""Whose the tickets of a block are and what they are about, drawn from a seed."""

from __future__ import annotations

from random import Random

import msgspec

from connector.practice.seed import empty_world
from connector.practice.world import World

CUSTOMERS = 2_000
TAGS = ("billing", "delivery", "login", "refund", "vip", "bug", "export", "mobile", "renewal")
CHANNELS = (("email", "Mail"), ("web", "Web form"), ("api", "Web service"))
VOCABULARY = """
    order invoice account page button customer answer morning export report payment delivery
    setting screen update error message since yesterday again nothing changed please help
    colleague address number team release browser phone printer contract"""
WORDS = VOCABULARY.split()


class Profile(msgspec.Struct, frozen=True):
    """What is the same for one ticket of every block."""

    group_id: int
    assignee_id: int
    organization_id: int
    brand_id: int
    form_id: int
    priority: str
    type: str
    channel: tuple[str, str]
    tags: tuple[str, ...]
    product: str
    subject: str
    text: str
    business: float


class Account(msgspec.Struct, frozen=True):
    """The account behind the tickets: who there is, and the profiles of a block."""

    world: World
    customers: tuple[int, ...]
    fields: tuple[int, ...]
    """The custom fields: the first is the product's; the others mostly have no value."""
    profiles: tuple[Profile, ...]


def account(seed: int, profiles: int) -> Account:
    """Return an account whose people, groups and hours are the practice helpdesk's."""
    random = Random(seed)  # noqa: S311  # seeded on purpose
    world = empty_world(seed=seed, customers=CUSTOMERS)
    directory = world.directory
    custom = [field.id for field in world.fields.custom()]
    others = range(custom[-1] + 4, custom[-1] + 52, 4)
    return Account(
        world,
        tuple(one.id for one in directory.users.values() if one.role == "end-user"),
        (*custom, *others),
        tuple(_profile(world, random) for _ in range(profiles)),
    )


def _profile(world: World, random: Random) -> Profile:
    directory = world.directory
    group = random.choice([one.id for one in directory.groups.values() if not one.deleted])
    staff = [one.id for one in directory.users.values() if group in one.group_ids]
    options = [one.value for one in world.fields.custom()[0].options]
    product = random.choice(options)
    return Profile(
        group_id=group,
        assignee_id=random.choice(staff),
        organization_id=random.choice(list(directory.organizations)),
        brand_id=random.choice(list(directory.brands)),
        form_id=next(iter(directory.forms)),
        priority=random.choices(("low", "normal", "high", "urgent"), (2, 6, 2, 1))[0],
        type=random.choice(("question", "incident", "problem", "task")),
        channel=random.choice(CHANNELS),
        tags=tuple(sorted({*random.sample(TAGS, random.randint(1, 4)), product})),
        product=product,
        subject=sentence(random, 6),
        text=". ".join(sentence(random, 9) for _ in range(random.randint(4, 11))),
        business=round(random.uniform(0.2, 0.6), 3),
    )


def sentence(random: Random, words: int) -> str:
    """Return some words."""
    return " ".join(random.choices(WORDS, k=words)).capitalize()
