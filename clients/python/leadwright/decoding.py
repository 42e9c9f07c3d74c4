"""JSON to the dataclasses of `answers`, and bodies to JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import date, datetime
from functools import cache
from types import UnionType
from typing import Any, Union, cast, get_args, get_origin, get_type_hints


def decode(hint: Any, value: Any) -> Any:
    """Give a JSON value as its type says; members this client does not know are left out: the exchange may be newer."""
    if value is None:
        return None
    if is_dataclass(hint):
        return _object(hint, value)
    if hint is datetime:
        return datetime.fromisoformat(value)
    kind, inner = get_origin(hint), get_args(hint)
    if kind is list:
        return [decode(inner[0], one) for one in value]
    if kind is dict:
        return {name: decode(inner[1], one) for name, one in value.items()}
    if kind in {Union, UnionType}:
        return decode(_chosen(inner, value), value)
    return value


def _object(kind: Any, value: Mapping[str, Any]) -> Any:
    hints = _hints(kind)
    return kind(**{one.name: decode(hints[one.name], value[one.name]) for one in fields(kind) if one.name in value})


@cache
def _hints(kind: Any) -> dict[str, Any]:
    return get_type_hints(kind)


def _chosen(kinds: tuple[Any, ...], value: Any) -> Any:
    """Choose the class of which most members are present and none is missing; a value that is no object is of the plain type."""
    if not isinstance(value, dict):
        return next((kind for kind in kinds if not is_dataclass(kind) and kind is not type(None)), Any)
    whole = [kind for kind in kinds if is_dataclass(kind) and _required(cast(type, kind)) <= value.keys()]
    return max(whole, key=lambda kind: sum(one.name in value for one in fields(kind)), default=Any)


@cache
def _required(kind: type) -> frozenset[str]:
    return frozenset(one.name for one in fields(kind) if one.default is MISSING)


def encode(body: Any) -> bytes:
    """Write a body; instants may be datetimes with a zone. Raises ValueError for one without, TypeError for what is no JSON."""
    return json.dumps(body, default=_written, allow_nan=False).encode()


def _written(value: Any) -> str:
    if isinstance(value, datetime) and value.tzinfo is None:
        raise ValueError(f"{value} has no time zone: which instant is meant?")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be sent as JSON")
