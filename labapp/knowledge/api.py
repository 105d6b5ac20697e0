"""The knowledge base as JSON, under /api/v1: one blueprint for each noun."""

from labapp.knowledge import (
    cards_api,
    collections_api,
    drafts_api,
    exports_api,
    imports_api,
    searches_api,
    versions_api,
)

RESOURCES = (
    cards_api.resources,
    versions_api.resources,
    drafts_api.resources,
    collections_api.resources,
    searches_api.resources,
    imports_api.resources,
    exports_api.resources,
)
