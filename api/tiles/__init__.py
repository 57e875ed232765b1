"""Vector tiles for other people's maps, with TileJSON and a style to begin with."""
