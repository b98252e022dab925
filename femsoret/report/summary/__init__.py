"""summary.json: layout and content of each part, side by side.

``vocabulary`` has the types with units, ``head`` what all summaries share, ``run`` and ``audit``
the whole of either kind; the other modules have a part each.
"""
