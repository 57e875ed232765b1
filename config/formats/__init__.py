"""How figures are written, where Django's own tables leave it open."""
