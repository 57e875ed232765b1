"""The matcher that stays: it holds the market in memory and repairs the plan as listings change."""
