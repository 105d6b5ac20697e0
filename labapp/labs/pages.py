"""The pages of the labs: one blueprint for each part."""

from typing import Any

PAGES: tuple[Any, ...] = ()
