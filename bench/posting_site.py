"""The product with one route more, `/select-1`: what any request costs that asks the database once.

Settings and addresses in one module, for bench.posting alone.
"""

from config.settings.base import *  # noqa: F403

ROOT_URLCONF = "bench.posting_routes"
