"""The version of this client, which is that of the exchange it was made for."""

from __future__ import annotations

VERSION = "0.1.0"
