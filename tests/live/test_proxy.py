from __future__ import annotations

import requests

from connector.practice.helpdesk import ADMIN_EMAIL, TOKEN
from connector.practice.seed import seed_world
from connector.practice.server import PracticeServer
from tests.live.proxy import Proxy


def test_a_request_is_forwarded_counted_and_may_fail_or_be_preceded() -> None:
    auth = (f"{ADMIN_EMAIL}/token", TOKEN)
    seen: list[str] = []
    with PracticeServer(seed_world(3, 7)) as server, Proxy(server.url) as proxy:
        me = f"{proxy.url}/api/v2/users/me.json"
        proxy.before_next("GET", "users/me", lambda: seen.append("first"))
        assert requests.get(me, auth=auth, timeout=10).json()["user"]["email"] == ADMIN_EMAIL
        assert seen == ["first"]
        proxy.fail_next(429, {"Retry-After": "7"})
        failed = requests.get(me, auth=auth, timeout=10)
        assert (failed.status_code, failed.headers["Retry-After"]) == (429, "7")
        assert requests.get(me, auth=auth, timeout=10).status_code == 200
        assert proxy.count("GET", "users/me") == 3
