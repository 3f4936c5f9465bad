"""Runs the tests of the Python package and the shared vectors on every CPython 3.9 to 3.14 of this machine.

`make test-all` calls it. Each Python gets an environment below ``target/pythons``, and a wheel of its own, built from
the sdist, as pip would where no wheel fits. `every_python.py 3.9` runs one only.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "bindings-python"
FOLDER = ROOT / "target/pythons"
VERSIONS = [f"3.{minor}" for minor in range(9, 15)] + ["3.13t", "3.14t"]
TELL = (
    "import sys, sysconfig; print(sys.implementation.name, '%d.%d' % sys.version_info[:2] + "
    "('t' if sysconfig.get_config_var('Py_GIL_DISABLED') else ''), sys.version.split()[0])"
)


def find() -> dict[str, tuple[str, str]]:
    """Interpreter and full version by short version: from PATH, and where pyenv and the system keep theirs."""
    places = {
        Path.home() / ".pyenv/versions": "*/bin/python3",
        Path("/opt/python"): "*/bin/python3",
        Path("/usr/bin"): "python3.*",
        Path("/usr/local/bin"): "python3.*",
    }
    candidates = [str(path) for place, pattern in places.items() for path in sorted(place.glob(pattern))]
    candidates += [path for version in VERSIONS if (path := shutil.which(f"python{version}"))]
    found: dict[str, tuple[str, str]] = {}
    for candidate in candidates:
        if candidate.endswith("-config"):
            continue
        told = subprocess.run([candidate, "-c", TELL], capture_output=True, text=True, check=False).stdout.split()
        if len(told) == 3 and told[0] == "cpython" and told[1] in VERSIONS:
            found.setdefault(told[1], (candidate, told[2]))
    return {version: found[version] for version in VERSIONS if version in found}


def run(*command: str | Path, **environment: str) -> None:
    """Shows the command's output, and stops at the first that fails."""
    subprocess.run([str(part) for part in command], check=True, cwd=ROOT, env={**os.environ, **environment})


def check(version: str, interpreter: str, sdist: Path) -> None:
    """Everything for one Python."""
    environment = FOLDER / version
    python = environment / "bin/python"
    if not python.exists():
        run(interpreter, "-m", "venv", environment)
        run(python, "-m", "pip", "install", "--quiet", "--upgrade", "pip")
    run(
        python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", PACKAGE / "requirements-dev.txt"
    )
    install = ["install", "--quiet", "--disable-pip-version-check", "--no-build-isolation", "--force-reinstall"]
    run(
        python, "-m", "pip", *install, "--no-deps", sdist,
        PATH=f"{environment / 'bin'}:{os.environ['PATH']}", CARGO_TARGET_DIR=str(FOLDER / "target"),
    )  # fmt: skip
    run(python, "-m", "pytest", "-q", PACKAGE / "tests")
    run(
        sys.executable,
        ROOT / "tests/run_vectors.py",
        "--binding",
        "python",
        "--",
        python,
        ROOT / "tests/drivers/driver.py",
    )


def main() -> int:
    """Runs those asked for, all by default."""
    pythons = find()
    wanted = sys.argv[1:] or list(pythons)
    if missing := [version for version in wanted if version not in pythons]:
        print(f"not on this machine: {', '.join(missing)}")
        return 2
    print("found here: " + ", ".join(full for _, full in pythons.values()))
    print("not found:  " + (", ".join(version for version in VERSIONS if version not in pythons) or "none"))
    shutil.rmtree(FOLDER / "sdist", ignore_errors=True)
    run(
        Path(sys.executable).parent / "maturin",
        "sdist",
        "-m",
        PACKAGE / "Cargo.toml",
        "-o",
        FOLDER / "sdist",
    )
    (sdist,) = (FOLDER / "sdist").glob("*.tar.gz")
    for version in wanted:
        print(f"\n==> CPython {pythons[version][1]}", flush=True)
        check(version, pythons[version][0], sdist)
    print(f"\nCPython {', '.join(pythons[version][1] for version in wanted)}: all tests passed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
