"""Write the pages of docs/ that are made from the code.

tools/fenicsx python3 tools/make_docs.py           write them
tools/fenicsx python3 tools/make_docs.py --check   say whether they are current
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # runs from a checkout, without installation

from femsoret.case import case_reference  # noqa: E402


def pages() -> Mapping[Path, str]:
    """Return path and content of every generated page."""
    return {ROOT / "docs" / "case-file.md": case_reference()}


def main(arguments: list[str]) -> int:
    """Write the pages, or check them; return the exit status."""
    stale = [
        path
        for path, text in pages().items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        if "--check" in arguments:
            print(f"{path.relative_to(ROOT)} is out of date: run tools/make_docs.py")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(pages()[path], encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return 1 if stale and "--check" in arguments else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
