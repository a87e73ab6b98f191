"""Exchange rates are kept in memory from test to test: here each begins without any."""

import pytest

from intelligence.rates import forget_rates


@pytest.fixture(autouse=True)
def no_rates():
    forget_rates()
    yield
    forget_rates()
