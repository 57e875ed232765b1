"""OGC API - Features: what the market shows, as layers for desktop maps."""
