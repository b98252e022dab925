"""How long a test waits for a process of its own."""

from __future__ import annotations

SECONDS = 600
"""After which a command counts as hanging. A run of ten seconds took more than 90 s where a dozen
other jobs shared two cores."""
