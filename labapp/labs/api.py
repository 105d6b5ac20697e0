"""The labs as JSON, under /api/v1: one blueprint for each noun."""

from typing import Any

RESOURCES: tuple[Any, ...] = ()
