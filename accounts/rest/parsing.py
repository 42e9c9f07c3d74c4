"""Reads JSON bodies for REST views by the same strict rules as the hot path's, and answers in JSON."""

from __future__ import annotations

from collections.abc import Mapping
from typing import IO, Any

from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.parsers import BaseParser
from rest_framework.renderers import JSONRenderer

from accounts.core.bodies import read_json


class StrictJson(BaseParser):
    """JSON as accounts.core.bodies reads it; raises Problem for what cannot be read or stored."""

    media_type = "application/json"
    renderer_class = JSONRenderer

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        """Give the parsed body."""
        return read_json(stream.read())


class AlwaysJson(DefaultContentNegotiation):
    """JSON whatever the Accept header says: there is no other form, and a 406 would help nobody."""

    def select_renderer(self, request: Any, renderers: Any, format_suffix: str | None = None) -> Any:
        """Give the one renderer."""
        return renderers[0], renderers[0].media_type
