"""The pages of hours and subsidy: one blueprint for each part."""

from typing import Any

from labapp.subsidy import claim_tasks as claim_tasks  # registers its jobs
from labapp.subsidy import declaration_views, entry_views, hour_views

PAGES: tuple[Any, ...] = (hour_views.pages, entry_views.pages, declaration_views.pages)
