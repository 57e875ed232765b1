from django.apps import AppConfig


class SymbiosisConfig(AppConfig):
    name = "symbiosis"
    verbose_name = "Symbiosis"
