"""The pages of hours and subsidy: one blueprint for each part."""

from typing import Any

PAGES: tuple[Any, ...] = ()
