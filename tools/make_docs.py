"""Write the pages of docs/ that are made from the code.

tools/fenicsx python3 tools/make_docs.py           write them
tools/fenicsx python3 tools/make_docs.py --check   say whether they are current
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import pydantic

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))  # runs from a checkout, without installation

from femsoret.case import case_reference  # noqa: E402
from femsoret.fluids.schema import fluid_schema  # noqa: E402
from femsoret.report.summary.audit import AuditSummary  # noqa: E402
from femsoret.report.summary.design import DesignSummary  # noqa: E402
from femsoret.report.summary.fit import FitSummary  # noqa: E402
from femsoret.report.summary.run import RunSummary  # noqa: E402
from femsoret.report.summary.vocabulary import Key, keys_of  # noqa: E402

SUMMARY = ROOT / "docs" / "summary.md"
SCHEMA = ROOT / "docs" / "summary.schema.json"
FLUIDS = ROOT / "docs" / "fluid.schema.json"


def pages(*, any_pydantic: bool = True) -> Mapping[Path, str]:
    """Return path and content of every generated page.

    Args:
        any_pydantic: Whether a JSON Schema that another version of pydantic made may stay.
    """
    return {
        ROOT / "docs" / "case-file.md": case_reference(),
        SUMMARY: summary_page(SUMMARY.read_text(encoding="utf-8")),
        SCHEMA: schema_page(SCHEMA, "summary.json of femsoret", summary_schema, any_pydantic),
        FLUIDS: schema_page(FLUIDS, "fluid file of femsoret", fluid_schema, any_pydantic),
    }


def summary_page(page: str) -> str:
    """Return the page of summary.json with its tables of keys; the text around them stays."""
    of_run = list(keys_of(RunSummary))
    known = {key.path for key in of_run}
    tables = {
        "keys of a run": key_table(of_run),
        "keys of an audit": key_table(
            key
            for key in keys_of(AuditSummary)
            if key.path not in known or key.path.startswith("soret")
        ),
        "keys of a fit": key_table(key for key in keys_of(FitSummary) if key.path not in known),
        "keys of a plan": key_table(key for key in keys_of(DesignSummary) if key.path not in known),
    }
    for name, table in tables.items():
        page = re.sub(
            rf"(<!-- {name}, [^\n]* -->\n).*?(<!-- end -->)",
            lambda found, table=table: f"{found[1]}\n{table}\n{found[2]}",
            page,
            count=1,
            flags=re.DOTALL,
        )
    return page


def key_table(keys: Iterable[Key]) -> str:
    """Return a table of keys, in Markdown."""
    lines = ["| key | type | unit | meaning |", "|---|---|---|---|"]
    for key in keys:
        meaning = " ".join(key.meaning.split()).replace("|", "\\|")
        lines.append(f"| `{key.path}` | {key.type} | {shown(key.unit)} | {meaning} |")
    return "\n".join(lines) + "\n"


def shown(unit: str) -> str:
    """Return a unit as people write it."""
    return unit.replace("^2", "²").replace("^3", "³").replace("deg", "degrees")


def summary_schema() -> dict[str, Any]:
    """Return the JSON Schema of summary.json."""
    summaries = RunSummary | AuditSummary | FitSummary | DesignSummary
    return pydantic.TypeAdapter(summaries).json_schema(mode="serialization")


def schema_page(
    path: Path, title: str, schema: Callable[[], Mapping[str, Any]], any_pydantic: bool
) -> str:
    """Return a page with a JSON Schema, or the present one of another version of pydantic."""
    made_with = f"made by tools/make_docs.py with pydantic {version()}"
    if any_pydantic and path.is_file():
        present = path.read_text(encoding="utf-8")
        if json.loads(present).get("$comment") != made_with:
            return present
    head = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$comment": made_with,
        "title": title,
    }
    return json.dumps({**head, **schema()}, indent=1, ensure_ascii=False) + "\n"


def version() -> str:
    """Return major and minor version of pydantic, on which the text of a schema depends."""
    return ".".join(pydantic.VERSION.split(".")[:2])


def main(arguments: list[str]) -> int:
    """Write the pages, or check them; return the exit status."""
    check = "--check" in arguments
    stale = {
        path: text
        for path, text in pages(any_pydantic=check).items()
        if not path.is_file() or path.read_text(encoding="utf-8") != text
    }
    for path, text in stale.items():
        if check:
            print(f"{path.relative_to(ROOT)} is out of date: run tools/make_docs.py")
        else:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"wrote {path.relative_to(ROOT)}")
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
