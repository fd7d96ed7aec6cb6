"""Where the master key comes from: the environment, or a file for its owner's eyes only."""

import base64
import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path
from tempfile import mkstemp
from typing import Final

import platformdirs

from sekisho.keys.errors import SecretKeyError
from sekisho.keys.sealing import MASTER_KEY_BYTES, MasterKey, parse_master_key

VARIABLE: Final = "SEKISHO_SECRET_KEY"
"""The environment variable that holds the key itself. No option does: other users see a command's arguments."""

LONGEST: Final = 1024
"""No key file is this long; what is, is another file."""


def default_key_file() -> Path:
    """Return the file that holds the master key when nothing says otherwise."""
    return platformdirs.user_state_path("sekisho", appauthor=False) / "secret.key"


def load_master_key(variable: str | None, file: Path | None, *, may_make: bool = False) -> MasterKey:
    """Return the master key that the operator holds.

    Args:
        variable: what `SEKISHO_SECRET_KEY` holds; empty is as good as not set.
        file: the file that was named; None for the default one.
        may_make: make a file that does not exist, with a new key in it.

    Raises:
        SecretKeyError: both are given, there is no file, it is not a key, or others than its owner may read it.
    """
    if variable and file:
        raise SecretKeyError(f"{VARIABLE} is set and a secret key file is named; leave one out")
    if variable:
        return parse_master_key(variable.encode(errors="replace"), source=VARIABLE)
    chosen = file or default_key_file()
    try:
        if may_make and not chosen.exists():
            _make(chosen)
        return parse_master_key(_read(chosen), source=f"the file `{chosen}`")
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not may_make:
            raise SecretKeyError(
                f"there is no secret key at `{chosen}`; put it back, or name it with --secret-key-file or {VARIABLE}; "
                "where there is no access key yet, `sekisho keys create` makes both"
            ) from error
        raise SecretKeyError(
            f"cannot use the secret key file `{chosen}`: {error.strerror}; "
            f"name another with --secret-key-file, or set {VARIABLE}"
        ) from error


def _read(file: Path) -> bytes:
    with file.open("rb") as opened:
        mode = os.fstat(opened.fileno()).st_mode
        # Windows has no such bits; there the folder's access list decides.
        if os.name == "posix" and mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise SecretKeyError(
                f"others than its owner may use the secret key file `{file}`; close it with `chmod 600 {file}`"
            )
        return opened.read(LONGEST)


def _make(file: Path) -> None:
    """Make a file with a new key; of several processes that do, one wins, and all then read the winner's."""
    if file == default_key_file():
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    handle, temporary = mkstemp(prefix=f".{file.name}.", dir=file.parent)  # its mode is 0600
    try:
        with os.fdopen(handle, "wb") as opened:
            opened.write(base64.b64encode(secrets.token_bytes(MASTER_KEY_BYTES)) + b"\n")
            opened.flush()
            os.fsync(opened.fileno())
        with suppress(FileExistsError):
            os.link(temporary, file)  # whole or not at all, and never over another
    finally:
        Path(temporary).unlink()
