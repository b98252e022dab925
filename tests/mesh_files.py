"""Mesh files in MSH 2.2: a unit square of two triangles, and what can be wrong with it."""

from __future__ import annotations

NAMES = [(1, 1, "bottom"), (1, 2, "right"), (1, 3, "top"), (1, 4, "left"), (2, 5, "fluid")]
POINTS = [(0, 0, 0), (1, 0, 0), (1, 1, 0), (0, 1, 0)]
SIDES = [(1, 1, 1, 2), (1, 2, 2, 3), (1, 3, 3, 4), (1, 4, 4, 1)]
TRIANGLES = [(2, 5, 1, 2, 3), (2, 5, 1, 3, 4)]


def msh(points=POINTS, elements=(*SIDES, *TRIANGLES), names=NAMES):
    """Return a file in MSH 2.2; elements are (type, group, node, ...)."""
    lines = ["$MeshFormat", "2.2 0 8", "$EndMeshFormat"]
    if names:
        lines += ["$PhysicalNames", str(len(names))]
        lines += [f'{dim} {tag} "{name}"' for dim, tag, name in names]
        lines += ["$EndPhysicalNames"]
    lines += ["$Nodes", str(len(points))]
    lines += [f"{i} {x} {y} {z}" for i, (x, y, z) in enumerate(points, start=1)]
    lines += ["$EndNodes", "$Elements", str(len(elements))]
    for i, (kind, group, *nodes) in enumerate(elements, start=1):
        lines.append(f"{i} {kind} 2 {group} {group} {' '.join(map(str, nodes))}")
    return "\n".join([*lines, "$EndElements", ""])
