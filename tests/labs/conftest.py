"""What tests of the labs share."""

import pytest

from tests.labs.factories import make_lab


@pytest.fixture
def cast():
    """A private lab with both sides: see `Cast`."""
    return make_lab()
