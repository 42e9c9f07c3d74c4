"""Pages of a list, and the way through all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """Rows, newest first, and the cursor of the next page, None on the last one."""

    data: list[Row]
    next_cursor: str | None
    _next: Callable[[str], Page[Row]]

    def all(self) -> Iterator[Row]:
        """Give the rows of this page and of all that follow; each further page is asked for when it is reached."""
        page = self
        yield from page.data
        while page.next_cursor is not None:
            page = page._next(page.next_cursor)
            yield from page.data
