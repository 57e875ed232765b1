"""Serving: gunicorn, queue worker, matcher and follow-up as children, stopped together and in
order."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from config.bootstrap.console import say
from config.bootstrap.errors import SetupError
from config.bootstrap.paths import LOGS, PROCESSES_FILE, ROOT, VENV, VENV_PYTHON

_START_SECONDS = 60.0
_STOP_SECONDS = 20.0
_LEAST_LIFE_SECONDS = 5.0
_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 60.0
_TICK_SECONDS = 600


@dataclass(kw_only=True)
class Child:
    name: str
    arguments: list[str | Path]
    process: subprocess.Popen[bytes]
    started: float
    quick_ends: int = 0
    due: float | None = None

    @property
    def log(self) -> Path:
        return LOGS / f"{self.name}.log"

    def rest(self) -> float:
        """Seconds until it is started anew: twice as long each time it ended soon after a start."""
        lived = time.monotonic() - self.started
        self.quick_ends = self.quick_ends + 1 if lived < _LEAST_LIFE_SECONDS else 0
        pause = min(_LONGEST_PAUSE_SECONDS, _FIRST_PAUSE_SECONDS * 2.0**self.quick_ends)
        self.due = time.monotonic() + pause
        return pause


class Supervisor:
    """Runs web server, worker, matcher and follow-up until a signal or the web server's end."""

    def __init__(self, *, port: int, env: dict[str, str]) -> None:
        self._port = port
        self._env = env
        self._children: list[Child] = []
        self._asked_to_stop = False

    def start(self) -> None:
        """Start the site, wait until it answers, start the processes behind it.

        Raises SetupError when the site does not answer within a minute.
        """
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._on_signal)
        web = self._launch("web", [VENV / "bin" / "gunicorn", "-c", "config/gunicorn.py"])
        until = time.monotonic() + _START_SECONDS
        while not self._asked_to_stop and not answers(self._port):
            if web.process.poll() is not None or time.monotonic() > until:
                raise SetupError(f"The web server did not start: {last_line(web.log)}")
            time.sleep(0.1)
        if not self._asked_to_stop:
            self._launch("worker", [VENV_PYTHON, "manage.py", "db_worker", "--queue-name", "*"])
            self._launch("matcher", [VENV_PYTHON, "manage.py", "matcher"])
            every = ["--every", str(_TICK_SECONDS)]
            self._launch("follow-up", [VENV_PYTHON, "manage.py", "tick", *every])
            self._launch("webhooks", [VENV_PYTHON, "manage.py", "webhooks"])
            self._launch("federation", [VENV_PYTHON, "manage.py", "federation", "run"])

    def watch(self) -> None:
        """Return when asked to stop. Raises SetupError when the web server ends."""
        while not self._asked_to_stop:
            for child in list(self._children):
                if child.process.poll() is not None and not self._asked_to_stop:
                    self._look_after(child)
            time.sleep(0.2)

    def stop(self) -> None:
        """End the children: politely, then after a patient wait by force."""
        for child in self._children:
            if child.process.poll() is None:
                child.process.terminate()
        until = time.monotonic() + _STOP_SECONDS
        for child in self._children:
            try:
                child.process.wait(max(0.1, until - time.monotonic()))
            except subprocess.TimeoutExpired:
                os.killpg(child.process.pid, signal.SIGKILL)
                child.process.wait()
        PROCESSES_FILE.unlink(missing_ok=True)

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        self._asked_to_stop = True

    def _launch(self, name: str, arguments: list[str | Path]) -> Child:
        LOGS.mkdir(parents=True, exist_ok=True)
        with (LOGS / f"{name}.log").open("ab") as log:
            process = subprocess.Popen(
                [str(argument) for argument in arguments],
                cwd=ROOT,
                env={**self._env, "PROCESS_NAME": f"symbiosis {name}"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches this process alone, which stops them
            )
        child = Child(name=name, arguments=arguments, process=process, started=time.monotonic())
        self._children.append(child)
        self._record()
        return child

    def _look_after(self, child: Child) -> None:
        """Start a worker or the matcher anew after a pause: the site goes on without them."""
        if child.name == "web":
            reason = last_line(child.log)
            raise SetupError(f"The {child.name} process ended: {reason} (its log: {child.log})")
        if child.due is None:
            pause = child.rest()
            reason = last_line(child.log)
            say(f"The {child.name} ended ({reason}); it starts again in {pause:.0f} s.")
        elif time.monotonic() >= child.due:
            self._children.remove(child)
            self._launch(child.name, child.arguments).quick_ends = child.quick_ends

    def _record(self) -> None:
        running = {child.name: child.process.pid for child in self._children}
        PROCESSES_FILE.write_text(json.dumps({"supervisor": os.getpid(), **running}))


def answers(port: int) -> bool:
    """Whether an HTTP server answers on the port, whatever it says."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request("GET", "/healthz")
        connection.getresponse().read()
    except OSError:
        return False
    except http.client.HTTPException:
        return False
    finally:
        connection.close()
    return True


def stop_running() -> bool:
    """End the processes of an earlier start of this clone; False when there are none."""
    if not PROCESSES_FILE.exists():
        return False
    recorded: dict[str, int] = json.loads(PROCESSES_FILE.read_text())
    alive = {name: pid for name, pid in recorded.items() if _is_ours(pid)}
    for _name, pid in sorted(alive.items(), key=lambda item: item[0] != "supervisor"):
        _end(pid)
    PROCESSES_FILE.unlink(missing_ok=True)
    return bool(alive)


def _end(pid: int) -> None:
    """Ask a process to end, wait, then force it; it may have ended with its supervisor."""
    until = time.monotonic() + _STOP_SECONDS + 5
    with contextlib.suppress(ProcessLookupError):
        if _is_ours(pid):
            os.kill(pid, signal.SIGTERM)
        while _is_ours(pid) and time.monotonic() < until:
            time.sleep(0.1)
        if _is_ours(pid):
            os.kill(pid, signal.SIGKILL)


def _is_ours(pid: int) -> bool:
    """Whether the process still lives and works in this clone (its number may be another's)."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        return state != "Z" and Path(f"/proc/{pid}/cwd").resolve() == ROOT
    except OSError:
        return False


def last_line(log: Path) -> str:
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return next((line.strip() for line in reversed(lines) if line.strip()), "it wrote nothing")
