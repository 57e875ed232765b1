"""Where set-up keeps what it makes."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LOCAL = ROOT / ".local"
VENV = ROOT / ".venv"
VENV_PYTHON = VENV / "bin" / "python"
LOGS = LOCAL / "log"
SETUP_LOG = LOGS / "setup.log"
STAMPS = LOCAL / "stamps"
DEBIAN = LOCAL / "debian"
"""Debian packages unpacked by a user who may not install them."""

TOOLS = LOCAL / "bin"
ENV_FILE = LOCAL / "env"
"""Read by config.env: the address of the private database and this copy's secret key."""

DEMO_FILE = LOCAL / "demo.json"
PROCESSES_FILE = LOCAL / "processes.json"
