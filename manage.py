#!/usr/bin/env python
"""Django's command line for this project."""

import sys

from django.core.management import execute_from_command_line

from config.env import set_settings_module

if __name__ == "__main__":
    set_settings_module()
    execute_from_command_line(sys.argv)
