"""Settings of the tests without the product's answer to an outage."""

from config.settings.test import *  # noqa: F403

ROOT_URLCONF = "tests.ops.stock_urls"
