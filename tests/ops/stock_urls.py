"""The product's addresses with Django's own answer to what breaks: the control of the drill."""

from config.urls import urlpatterns

__all__ = ["urlpatterns"]
