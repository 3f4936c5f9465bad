"""Windows, as far as wine is one."""

from __future__ import annotations

from .common import WORK, bare, need, run

#: Rust's standard library takes random bytes from a library that wine 8 does not have.
BCRYPTPRIMITIVES = """
__declspec(dllimport) unsigned char __stdcall SystemFunction036(void *, unsigned long);
__declspec(dllexport) int __stdcall ProcessPrng(unsigned char *to, unsigned long long length) {
    while (length > 0) {
        unsigned long part = length > 65536 ? 65536 : (unsigned long)length;
        if (!SystemFunction036(to, part)) return 0;
        to += part;
        length -= part;
    }
    return 1;
}
"""


def wine_env() -> dict[str, str]:
    """A Windows of its own, without windows and without messages."""
    return {"WINEPREFIX": str(WORK / "wine"), "WINEDEBUG": "-all", "WINEDLLOVERRIDES": "mscoree,mshtml="}


def wine() -> str:
    """Gives wine for 64 bits, with the library that Rust needs in its system32."""
    program = need("wine64", "/usr/lib/wine/wine64")
    system = WORK / "wine/drive_c/windows/system32"
    if not (system / "bcryptprimitives.dll").exists():
        compiler = need("x86_64-w64-mingw32-gcc")
        WORK.mkdir(parents=True, exist_ok=True)
        run(program, "wineboot", "--init", env={**bare(), **wine_env()}, limit=600)
        source = WORK / "bcryptprimitives.c"
        source.write_text(BCRYPTPRIMITIVES)
        run(compiler, "-shared", "-o", system / "bcryptprimitives.dll", source, "-ladvapi32")
    return program
