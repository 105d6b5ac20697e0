"""Hours and subsidy as JSON, under /api/v1/subsidy: one blueprint for each noun."""

from typing import Any

from labapp.subsidy import (
    claims_api,
    declarations_api,
    exports_api,
    hours_api,
    overviews_api,
    participation_api,
    payments_api,
    scheme_api,
)

RESOURCES: tuple[Any, ...] = (
    hours_api.resources,
    declarations_api.resources,
    scheme_api.resources,
    participation_api.participation_resources,
    participation_api.grant_resources,
    claims_api.resources,
    payments_api.resources,
    overviews_api.resources,
    exports_api.resources,
)
