"""Commands of `python -m supervise`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping, Sequence

from supervise import control
from supervise.failure import Failure
from supervise.home import Home, find_home
from supervise.serve import serve
from supervise.services import keep, run_with_services

USAGE = """usage: python -m supervise run | stop | reset | logs
       python -m supervise services [--durable] -- COMMAND..."""


def main(arguments: Sequence[str]) -> int:
    """Run one command; return the exit code."""
    try:
        return _dispatch(list(arguments))
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1


def _run(home: Home) -> int:
    if os.environ.get("FOREGROUND", "") in ("", "0"):
        return control.run(home)
    home.create()
    home.mark_as_ours()
    return serve(home, foreground=True)


VERBS: Mapping[str, Callable[[Home], int]] = {
    "run": _run,
    "serve": serve,
    "stop": control.stop,
    "reset": control.reset,
    "logs": control.logs,
}


def _dispatch(arguments: list[str]) -> int:
    verb, *rest = arguments or [""]
    fast = "--durable" not in rest[: rest.index("--") if "--" in rest else None]
    if verb == "services" and "--" in rest and rest[-1] != "--":
        return run_with_services(rest[rest.index("--") + 1 :], fast=fast)
    if verb == "keeper":
        return keep(find_home(default="var/test"), fast=fast)
    if verb in VERBS:
        return VERBS[verb](find_home(default="var"))
    print(USAGE, file=sys.stderr)
    return 2
