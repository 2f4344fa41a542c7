"""Where peers and ours read: a page server at the vendor's own name, and what each run took."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec

from bench.peers.commands import NAME, Got, Peer, Where
from bench.serving.started import Served, serving
from bench.timing import ROOT, Cost
from tests.practice.clients.tls import ConnectProxy


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """What one run cost and got."""

    got: Got
    requests: int
    expected: int

    @property
    def cost(self) -> Cost:
        """Return its time, on the wall with the seconds it would have slept."""
        ran = self.got.ran
        return Cost(wall_s=ran.wall_s + self.got.slept_s, cpu_s=ran.cpu_s)


class Scene(msgspec.Struct, frozen=True):
    """A page server, and the variables by which a client finds it at the vendor's own name."""

    served: Served
    environ: Mapping[str, str]

    def run(self, peer: Peer, programs: Path) -> Run:
        """Let somebody read all tickets; our own code needs nobody to lead it here."""
        self.served.forget()
        with tempfile.TemporaryDirectory() as scratch:
            place = Path(scratch)
            where = Where(programs=programs, folder=place, url=self.served.url, ca=self.served.ca)
            got = peer.run(where, self.environ if peer.package else {"PYTHONPATH": str(ROOT)})
        counts = self.served.counts()
        requests = sum(times for path, times in counts.items() if " " in path)
        return Run(got=got, requests=requests, expected=self.served.tickets)


class Scenes:
    """Scenes by their number of tickets, each there from its first use on."""

    def __init__(self, stack: ExitStack) -> None:
        """Serve until the stack ends."""
        self._stack = stack
        self._found: dict[int, Scene] = {}

    def __getitem__(self, tickets: int) -> Scene:
        """Return the scene of so many tickets."""
        if tickets not in self._found:
            self._found[tickets] = self._stack.enter_context(_scene(tickets))
        return self._found[tickets]


@contextmanager
def _scene(tickets: int) -> Iterator[Scene]:
    with (
        serving(tickets, "--name", NAME) as served,
        ConnectProxy({f"{NAME}:443": served.url}) as proxy,
    ):
        variables = ("HTTP_PROXY", "HTTPS_PROXY")
        lead = {name: proxy.url for one in variables for name in (one, one.lower())}
        yield Scene(served, {**lead, "NO_PROXY": "", "no_proxy": "", **served.environ})
