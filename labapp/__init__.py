"""The co-creation platform of Ontwikkelkracht."""

from labapp.app import create_app

__all__ = ["create_app"]
