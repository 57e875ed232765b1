"""A fictional market to look at: invented organisations in real settlements, marked as such."""
