"""Front-end packages: fetched by npm from the lock, then the files named in package.json copied.

``package.json`` lists under "vendor" the files each package contributes. They land, with the
package's licence, in ``web/static/vendor/PACKAGE/`` (never committed), beside a manifest of
versions and SHA-256 sums which ``manage.py doctor`` compares.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from pathlib import Path

from config.bootstrap import shell, stamps
from config.bootstrap.console import step
from config.bootstrap.errors import SetupError
from config.bootstrap.paths import LOCAL, ROOT, VENV

VENDOR = ROOT / "web" / "static" / "vendor"
MANIFEST = VENDOR / "manifest.json"
MACHINE_CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
_DESCRIPTION = ROOT / "package.json"
_LOCK = ROOT / "package-lock.json"


def ensure() -> None:
    """Bring the vendored files up to date with the lock; at once when they are."""
    value = stamps.digest(files=[_DESCRIPTION, _LOCK])
    if MANIFEST.is_file() and stamps.is_current("frontend", value):
        return
    stamps.forget("frontend")
    with step("Fetching front-end packages") as current:
        shell.run(
            [VENV / "bin" / "npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
            purpose="Fetching front-end packages with npm",
            step=current,
            extra_env={"npm_config_cache": str(LOCAL / "cache" / "npm"), **_certificates()},
        )
        _copy()
    stamps.write("frontend", value)


def _certificates() -> dict[str, str]:
    """The machine's own certificate store, which the packaged Node does not look at by itself."""
    if "NODE_EXTRA_CA_CERTS" in os.environ or not MACHINE_CERTIFICATES.is_file():
        return {}
    return {"NODE_EXTRA_CA_CERTS": str(MACHINE_CERTIFICATES)}


def _copy() -> None:
    shutil.rmtree(VENDOR, ignore_errors=True)
    manifest = {}
    for package, files in json.loads(_DESCRIPTION.read_text())["vendor"].items():
        source = ROOT / "node_modules" / package
        version = json.loads((source / "package.json").read_text())["version"]
        licences = sorted(path.name for path in source.glob("LICEN[SC]E*"))
        if not licences:
            raise SetupError(f"The front-end package {package} {version} holds no licence file.")
        sums = {}
        for name in [*files, *licences]:
            target = VENDOR / package / Path(name).name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, target)
            sums[target.name] = hashlib.sha256(target.read_bytes()).hexdigest()
        manifest[package] = {"version": version, "sha256": sums}
    MANIFEST.write_text(json.dumps(manifest, indent=2, sort_keys=True) + "\n")
