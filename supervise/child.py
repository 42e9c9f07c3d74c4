"""One child process: started in its own session on a leash, so that it dies with us and nothing of it stays behind."""

from __future__ import annotations

import contextlib
import ctypes
import os
import pwd
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def nobody() -> pwd.struct_passwd:
    """Return the account under which PostgreSQL runs when we are root."""
    return pwd.getpwnam("nobody")


def become_subreaper() -> None:
    """Adopt orphaned grandchildren, so that we can wait for them (as process 1 of a container would)."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def _leash(death_signal: int, parent: int) -> Callable[[], None]:
    def fasten() -> None:
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0)
            if os.getppid() != parent:  # the parent died before the leash was on
                os._exit(1)

    return fasten


def spawn(
    command: Sequence[str],
    *,
    cwd: Path,
    env: Mapping[str, str],
    output: IO[bytes] | int | None,
    death_signal: int = signal.SIGTERM,
    as_nobody: bool = False,
    session: bool = True,
) -> subprocess.Popen[bytes]:
    """Start a command whose leader gets `death_signal` when we die.

    Call it from the main thread only: the kernel ties the leash to the thread that forked.
    """
    account = nobody() if as_nobody else None
    return subprocess.Popen(
        list(command),
        cwd=cwd,
        env=dict(env),
        stdin=subprocess.DEVNULL if session else None,
        stdout=output,
        stderr=subprocess.STDOUT if output is not None else None,
        start_new_session=session,
        user=account.pw_uid if account else None,
        group=account.pw_gid if account else None,
        extra_groups=[] if account else None,
        preexec_fn=_leash(death_signal, os.getpid()),  # noqa: PLW1509 - we have one thread
    )


def signal_group(group: int, number: int) -> bool:
    """Signal a process group; return whether it still had a member."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # a member that changed its user; it exists
        return True
    return True


def reap_strangers(known: Mapping[int, subprocess.Popen[bytes]]) -> None:
    """Collect every ended child: ours through Popen, adopted orphans directly."""
    while True:
        try:
            ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return
        if ended is None:
            return
        if ended.si_pid in known:
            known[ended.si_pid].poll()
        else:
            with contextlib.suppress(ChildProcessError):
                os.waitpid(ended.si_pid, 0)
