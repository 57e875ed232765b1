"""Files of listings: read as tables, put into words by a shown mapping, written row by row."""
