"""Entry of `python -m supervise`."""

from __future__ import annotations

import sys

from supervise.cli import main

sys.exit(main(sys.argv[1:]))
