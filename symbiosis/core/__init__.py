"""The matching engine as a library: arrays in, verified plans out. Knows no framework."""
