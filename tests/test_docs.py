"""Documentation that can be checked: links, widths, and names of files and of code."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted(
    [
        *(ROOT / "docs").glob("*.md"),
        *(ROOT / name / "README.md" for name in (".", "demos", "demos/experiments", "meshes")),
    ]
)
WIDTH = 120
PARSER = MarkdownIt("commonmark").enable("table")


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


def tokens(page: Path) -> list[Token]:
    return PARSER.parse(page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """Return the anchors of the headings, as GitHub makes them."""
    parsed, seen, result = tokens(page), Counter[str](), set[str]()
    for heading, content in pairwise(parsed):
        if heading.type != "heading_open":
            continue
        text = "".join(child.content for child in content.children or ())
        slug = re.sub(r"[^\w\- ]", "", text.lower()).replace(" ", "-")
        result.add(f"{slug}-{seen[slug]}" if seen[slug] else slug)
        seen[slug] += 1
    return result


def links(page: Path) -> Iterator[str]:
    """Yield the targets of links and pictures that stay within the repository."""
    for token in tokens(page):
        for child in token.children or ():
            target = child.attrGet("href") or child.attrGet("src")
            if target and not re.match(r"\w+:", str(target)):
                yield str(target)


def missing(target: str, page: Path) -> str | None:
    """Return what is wrong with a link from a page, None if nothing is."""
    path, _, anchor = target.partition("#")
    file = (page.parent / path).resolve() if path else page
    if not file.exists():
        return f"{name(page)}: {target}: no such file"
    if anchor and anchor not in anchors(file):
        return f"{name(page)}: {target}: no such heading"
    return None


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_links_lead_somewhere(page):
    assert [wrong for target in links(page) if (wrong := missing(target, page))] == []


def test_pages_that_the_code_names_exist():
    """Docstrings and messages name pages by their path, some with a heading."""
    wrong = [
        f"{name(file)}: {problem}"
        for folder in ("femsoret", "bench", "tests", "tools", "demos")
        for file in (ROOT / folder).rglob("*.py")
        for target in re.findall(r"docs/([\w-]+\.md(?:#[\w-]+)?)", file.read_text(encoding="utf-8"))
        if (problem := missing(target, ROOT / "docs" / "README.md"))
    ]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_lines_are_short(page):
    """Tables and code may be wider, and so may a link or a name without a space."""
    lines = page.read_text(encoding="utf-8").splitlines()
    free = {
        number
        for token in tokens(page)
        if token.type in ("table_open", "fence", "code_block", "html_block") and token.map
        for number in range(*token.map)
    }
    assert [
        f"line {number + 1}: {len(line)} columns"
        for number, line in enumerate(lines)
        if number not in free and len(line) > WIDTH and " " in line.strip()[:WIDTH]
    ] == []


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_paths_exist(page):
    """Paths in backticks that begin with a folder of the repository."""
    paths = re.findall(
        r"`((?:femsoret|tests|bench|tools|demos|meshes|docs)/[\w./-]+)",
        page.read_text(encoding="utf-8"),
    )
    assert [path for path in paths if not (ROOT / path).exists()] == []


# -- the page of the architecture ------------------------------------------------------------------

ARCHITECTURE = ROOT / "docs" / "architecture.md"
ELSEWHERE = {"fem.Constant", "fem.Function", "dataclasses.replace", "fs.NAME", "if"}
"""Names on the page that femsoret does not define."""


def members(tree: ast.ClassDef) -> set[str]:
    """Return bases and attributes of a class: methods, fields, and what it sets on itself."""
    names = {ast.unparse(base) for base in tree.bases}
    names |= {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    for node in ast.walk(tree):
        if isinstance(node, ast.AnnAssign | ast.Assign):
            targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
            names |= {target.id for target in targets if isinstance(target, ast.Name)}
            names |= {target.attr for target in targets if isinstance(target, ast.Attribute)}
    return names


@cache
def definitions() -> tuple[set[str], dict[str, set[str]]]:
    """Return the names that modules of femsoret define, and bases and members of each class."""
    names, classes = set[str](), dict[str, set[str]]()
    for path in (ROOT / "femsoret").rglob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.ClassDef):
                classes.setdefault(node.name, set()).update(members(node))
            elif isinstance(node, ast.FunctionDef):
                names.add(node.name)
            elif isinstance(node, ast.AnnAssign | ast.Assign):
                targets = [node.target] if isinstance(node, ast.AnnAssign) else node.targets
                names |= {target.id for target in targets if isinstance(target, ast.Name)}
    return names, classes


def exists(text: str) -> bool:
    """Return whether what stands in backticks is a path, a name or a key that there is."""
    name = text.split("(")[0]
    if "/" in name or name.endswith(".py") or text == "__main__":
        return any(
            any(folder.glob(pattern.rstrip("/")))
            for folder in (ROOT, ROOT / "femsoret")
            for pattern in (name, f"{name}.py")
        )
    if not re.fullmatch(r"[A-Za-z_][\w.]*", name) or re.search(r"\.(\d+|i)\.", name):
        return True  # neither a name nor a path: a command, a table of a case file, a parameter
    if name in ELSEWHERE or (ROOT / name).exists() or (ROOT / "femsoret" / f"{name}.py").is_file():
        return True
    if re.search(rf"`{re.escape(name)}[`.]", SUMMARY):
        return True
    names, classes = definitions()
    owner, _, member = name.rpartition(".")
    if owner:
        return any(member in classes.get(each, ()) for each in (owner, *classes.get(owner, ())))
    return name in names or name in classes or any(name in each for each in classes.values())


SUMMARY = (ROOT / "docs" / "summary.md").read_text(encoding="utf-8")


def test_the_architecture_names_what_exists():
    spans = [
        child.content
        for token in tokens(ARCHITECTURE)
        for child in token.children or ()
        if child.type == "code_inline"
    ]
    assert len(spans) > 100
    assert [span for span in spans if not exists(span)] == []
