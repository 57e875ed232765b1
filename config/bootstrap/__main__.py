"""``python3 -m config.bootstrap VERB [ARGUMENT ...]``: what the Makefile's verbs call."""

from __future__ import annotations

import contextlib
import fcntl
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from config.bootstrap import checks, console, debian, frontend, venv, verbs
from config.bootstrap.errors import SetupError
from config.bootstrap.paths import LOCAL, SETUP_LOG, TOOLS, VENV, VENV_PYTHON


def main(arguments: list[str]) -> int:
    name = arguments[0] if arguments else ""
    verb = verbs.VERBS.get(name)
    if verb is None:
        console.say(f"Unknown verb {name!r}; there are: {', '.join(sorted(verbs.VERBS))}.")
        return 2
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        return _perform(verb, arguments)
    except SetupError as error:
        console.say(f"make {name} stopped: {error}")
        if SETUP_LOG.exists():
            console.say(f"The log: {SETUP_LOG}")
        return 1
    except KeyboardInterrupt:
        console.say("Stopped.")
        return 130


def _perform(verb: verbs.Verb, arguments: list[str]) -> int:
    """Check, bring packages, go on inside ``.venv``, bring files, then do what the verb says."""
    checks.python_version()
    checks.writable()
    if verb.alone:
        return verb.run(arguments[1:])
    if Path(sys.prefix).resolve() != VENV.resolve():
        os.environ["PATH"] = os.pathsep.join([str(TOOLS), str(VENV / "bin"), os.environ["PATH"]])
        verb.preflight()
        with _one_at_a_time():
            debian.ensure(verb.requirements())
            venv.ensure(development=verb.development)
        os.environ.update(debian.papers_environment())
        os.execv(VENV_PYTHON, [str(VENV_PYTHON), "-m", "config.bootstrap", *arguments])  # noqa: S606
    with _one_at_a_time():
        frontend.ensure()
        _compile_catalogues()
    return verb.run(arguments[1:])


def _compile_catalogues() -> None:
    from config import catalogues  # needs a package of .venv

    with console.step("Compiling message catalogues"):
        catalogues.compile_all()


@contextlib.contextmanager
def _one_at_a_time() -> Iterator[None]:
    """Two set-ups of one clone must not write the same files together."""
    with (LOCAL / "setup.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            console.say("Waiting for another set-up of this clone to finish ...")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
