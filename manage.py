#!/usr/bin/env python
"""Django's command line for the exchange."""

import os
import sys

INTERRUPTED = 130


def main() -> None:
    """Run a management command; where nothing answers it, say so in a sentence instead of a stack (`--traceback` shows it).

    Ctrl-C ends it in a sentence, too, from the first import on, with the code that shells give for it.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line

        execute_from_command_line(sys.argv)
    except KeyboardInterrupt:
        print("\nStopped by Ctrl-C.", file=sys.stderr)
        sys.exit(INTERRUPTED)
    except Exception as error:
        if "--traceback" in sys.argv or not is_silence(error):
            raise
        said = str(error).splitlines()[0]
        sys.exit(f"No exchange answers: {said}\nStart one, or name its folder in LEADWRIGHT_HOME. Try: make run")


def is_silence(error: Exception) -> bool:
    """Tell whether PostgreSQL or Valkey could not be reached at all; an error that a server sent has a code."""
    from django.db import OperationalError
    from redis.exceptions import ConnectionError as NoValkey

    return isinstance(error, NoValkey) or (
        isinstance(error, OperationalError) and getattr(error.__cause__, "sqlstate", "none") is None
    )


if __name__ == "__main__":
    main()
