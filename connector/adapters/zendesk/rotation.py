"""A refresh token in a file: spent at every use, and its successor saved before it is used.

Quirks worth knowing before you change anything:
- Zendesk deletes the old tokens when it answers, so from then on the answer is all there is: the
  room for it on the disk is taken beforehand, and it goes there before anything else happens;
- a token lives 30 days unless asked otherwise; every use begins that time anew;
- two processes that spend the same token would shut each other out, so a lock is held meanwhile.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import msgspec
import requests
from pydantic import SecretStr

from connector.adapters.zendesk.auth import LIFETIME_S, SCOPE, ClientCredentials
from connector.adapters.zendesk.wire import TokenAnswer
from connector.errors import AuthenticationError, FatalError, ProtocolError

REFRESH_LIFETIME_S = 7_772_400  # an hour less than the 90 days that Zendesk allows
CURE = "grant access anew with `connector authorize` and the name of this helpdesk"
ROOM = 4096
OWNER_ONLY = 0o600


class RefreshAnswer(TokenAnswer):
    """An access token, and the refresh token that takes the place of the one that was sent."""

    refresh_token: Annotated[str, msgspec.Meta(pattern=r"^[!-~]+\Z", max_length=ROOM - 1)] = ""


ANSWER = msgspec.json.Decoder(RefreshAnswer)


class TokenFile:
    """The file of a refresh token; at every instant it, or the one beside it, holds the newest.

    The successor is written to `NAME.new` and takes the file's place in one step. What an
    interrupted process left there is taken over, unless the file was written later.
    """

    def __init__(self, path: Path) -> None:
        """Name the file; nothing is touched yet."""
        self.path = path
        self._next = path.with_name(path.name + ".new")
        self._lock = path.with_name(path.name + ".lock")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep other processes from spending the token meanwhile."""
        with _file_errors(self.path):
            handle = os.open(self._lock, os.O_RDWR | os.O_CREAT, OWNER_ONLY)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def read(self) -> str:
        """Return the newest token, and leave room on the disk for its successor."""
        with _file_errors(self.path):
            self._take_over()
            token = self._token()
            self._write(bytes(ROOM))
            return token

    def make_room(self) -> None:
        """Take room on the disk for a token that comes in place of whatever there is, or is not."""
        with _file_errors(self.path):
            self._take_over()
            self._write(bytes(ROOM))

    def prove(self) -> None:
        """See that a token could be kept, and leave the newest one in the file."""
        with self.held():
            self.make_room()
            with _file_errors(self.path):
                self._next.unlink()

    def save(self, token: str) -> None:
        """Put a new token in the file's place, so that it is there before anything else is done."""
        with _file_errors(self.path):
            self._write(f"{token}\n".encode())
            self._swap()

    def _token(self) -> str:
        try:
            token = self.path.read_text(encoding="utf-8").partition("\n")[0].strip()
        except FileNotFoundError as error:
            raise AuthenticationError(
                f"there is no refresh token in {self.path} ({error.strerror}): {CURE}"
            ) from error
        if not token:
            raise AuthenticationError(f"there is no refresh token in {self.path}: {CURE}")
        return token

    def _take_over(self) -> None:
        """Finish what an interrupted process began: a token is whole once its line has ended."""
        if not self._next.exists():
            return
        line, end, _ = self._next.read_bytes().partition(b"\n")
        is_newer = (
            not self.path.exists() or self._next.stat().st_mtime_ns >= self.path.stat().st_mtime_ns
        )
        if line and end and is_newer:
            self._write(line + end)
            self._swap()

    def _swap(self) -> None:
        self._next.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _write(self, content: bytes) -> None:
        """Write the file beside, which only its owner may read, down to the disk."""
        handle = os.open(self._next, os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW, OWNER_ONLY)
        try:
            os.write(handle, content)  # first over the room that is there, so that it fits
            os.ftruncate(handle, len(content))
            os.fsync(handle)
        finally:
            os.close(handle)


class RefreshedToken(ClientCredentials):
    """An OAuth client that acts for whoever granted it access, by a token that changes with use."""

    doubt = (
        "a fresh token is refused too: "
        "see whether the user who granted access is still an active admin"
    )

    def __init__(
        self,
        url: str,
        client_id: str,
        client_secret: SecretStr,
        path: Path,
        *,
        clock: Callable[[], float] | None = None,
    ) -> None:
        """Prepare the line for tokens; the file is read when the first one is needed."""
        more = {} if clock is None else {"clock": clock}
        super().__init__(url, client_id, client_secret, **more)
        self._file = TokenFile(path)

    def _granted(self) -> TokenAnswer:
        with self._file.held():
            grant = {
                "grant_type": "refresh_token",
                "refresh_token": self._file.read(),
                "client_id": self._client_id,
                "client_secret": self._client_secret.get_secret_value(),
                "scope": SCOPE,
                "expires_in": LIFETIME_S,
                "refresh_token_expires_in": REFRESH_LIFETIME_S,
            }
            with self._told():
                answer = self._post(grant, ANSWER)
            if answer.refresh_token:
                self._file.save(answer.refresh_token)
            return answer

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Say where the refresh token stands that is refused, and how to get another."""
        try:
            yield
        except ProtocolError as error:
            if error.status != requests.codes.bad_request:
                raise
            raise AuthenticationError(
                f"zendesk refuses the refresh token in {self._file.path}: it was used elsewhere, is"
                f" older than 90 days, or was revoked; {CURE}"
            ) from error


@contextmanager
def _file_errors(path: Path) -> Iterator[None]:
    """Say which file it is that cannot be read or written."""
    try:
        yield
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is not text"
        raise FatalError(
            f"the refresh token in {path} cannot be kept: {reason}; the file and its folder must be"
            " the job's own to write, because every use of the token changes it"
        ) from error
