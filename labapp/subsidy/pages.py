"""The pages of hours and subsidy: one blueprint for each part."""

from typing import Any

from labapp.subsidy import claim_tasks as claim_tasks  # registers its jobs

PAGES: tuple[Any, ...] = ()
