"""The pages of hours and subsidy: one blueprint for each part."""

from typing import Any

from labapp.subsidy import (
    claim_tasks,  # noqa: F401  # registers its jobs
    claim_views,
    declaration_views,
    entry_views,
    export_tasks,  # noqa: F401
    export_views,
    hour_views,
    overview_views,
    participation_views,
    payment_views,
    scheme_edit_views,
    scheme_views,
)

PAGES: tuple[Any, ...] = (
    hour_views.pages,
    entry_views.pages,
    declaration_views.pages,
    scheme_views.pages,
    scheme_edit_views.pages,
    participation_views.pages,
    claim_views.pages,
    payment_views.pages,
    overview_views.pages,
    export_views.pages,
)
