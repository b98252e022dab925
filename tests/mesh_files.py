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


def strip(bottom, top, *, bottom_names=None, top_names=None, closed=False):
    """Return a file in MSH 2.2 of a strip of triangles between two polylines of as many nodes.

    Args:
        bottom: Nodes (x, y) of the lower polyline.
        top: Nodes of the upper one, each above one of the lower.
        bottom_names: Name of each segment of the lower polyline; None: all are "bottom".
        top_names: Likewise of the upper one.
        closed: Whether the last nodes are joined to the first; if not, the ends are "ends".
    """
    n = len(bottom)
    pairs = [(i, (i + 1) % n) for i in range(n if closed else n - 1)]
    bottom_names = bottom_names or ["bottom"] * len(pairs)
    top_names = top_names or ["top"] * len(pairs)
    groups = {name: i for i, name in enumerate(dict.fromkeys([*bottom_names, *top_names]), 1)}
    segments = [
        (1, groups[name], i + 1, j + 1) for name, (i, j) in zip(bottom_names, pairs, strict=True)
    ]
    segments += [
        (1, groups[name], n + i + 1, n + j + 1)
        for name, (i, j) in zip(top_names, pairs, strict=True)
    ]
    if not closed:
        groups["ends"] = len(groups) + 1
        segments += [(1, groups["ends"], i + 1, n + i + 1) for i in (0, n - 1)]
    triangles = [
        (2, 99, *corners)
        for i, j in pairs
        for corners in ((i + 1, j + 1, n + i + 1), (j + 1, n + j + 1, n + i + 1))
    ]
    names = [(1, tag, name) for name, tag in groups.items()] + [(2, 99, "fluid")]
    points = [(x, y, 0.0) for x, y in (*bottom, *top)]
    return msh(points, (*segments, *triangles), names)


def columns(x, y, regions, *, side_of=None):
    """Return a file in MSH 2.2 of a grid of quadrilaterals whose columns are regions.

    Args:
        x: Places of the nodes in x.
        y: Places of the nodes in y.
        regions: Region of each column of mesh cells; those without a name are left out.
        side_of: Name of the bottom and of the top facet of a column, by its region; None: "bottom",
            "top". Where the mesh ends left and right, its sides are "left" and "right".
    """
    side_of = side_of or (lambda region: ("bottom", "top"))
    nx, ny = len(x) - 1, len(y) - 1
    number = lambda i, j: 1 + i * (ny + 1) + j  # noqa: E731
    facets, cells, groups = [], [], {}
    kept = [i for i in range(nx) if regions[i]]
    for i in kept:
        cells += [
            (3, regions[i], number(i, j), number(i + 1, j), number(i + 1, j + 1), number(i, j + 1))
            for j in range(ny)
        ]
        for name, j in zip(side_of(regions[i]), (0, ny), strict=True):
            facets.append((1, name, number(i, j), number(i + 1, j)))
        for name, there, at in (("left", i - 1, i), ("right", i + 1, i + 1)):
            if there not in kept:
                facets += [(1, name, number(at, j), number(at, j + 1)) for j in range(ny)]
    for dim, entities in ((1, facets), (2, cells)):
        for _, name, *_ in entities:
            groups.setdefault((dim, name), len(groups) + 1)
    elements = [
        (kind, groups[dim, name], *nodes)
        for dim, entities in ((1, facets), (2, cells))
        for kind, name, *nodes in entities
    ]
    used = {node for i in kept for j in range(ny + 1) for node in (number(i, j), number(i + 1, j))}
    order = {node: k for k, node in enumerate(sorted(used), start=1)}
    elements = [(k, g, *(order[node] for node in nodes)) for k, g, *nodes in elements]
    points = [(x[(n - 1) // (ny + 1)], y[(n - 1) % (ny + 1)], 0.0) for n in sorted(used)]
    return msh(points, elements, [(dim, tag, name) for (dim, name), tag in groups.items()])
