"""Hours and subsidy as JSON, under /api/v1/subsidy: one blueprint for each noun."""

from typing import Any

RESOURCES: tuple[Any, ...] = ()
