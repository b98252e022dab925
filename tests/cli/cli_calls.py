"""What a command said, on all ranks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from femsoret.base.errors import PARTLY_DONE, WRONG_INPUT


@dataclass(frozen=True)
class Said:
    """What a command said, rank by rank.

    Args:
        statuses: Exit statuses.
        outs: What went to stdout.
        errs: What went to stderr.
    """

    statuses: Sequence[int]
    outs: Sequence[str]
    errs: Sequence[str]

    @property
    def out(self) -> str:
        """What rank 0 wrote to stdout, the only rank that may."""
        assert not any(self.outs[1:]), self.outs
        return self.outs[0]

    @property
    def err(self) -> str:
        """What rank 0 wrote to stderr, the only rank that may."""
        assert not any(self.errs[1:]), self.errs
        return self.errs[0]

    def partly(self) -> Said:
        """Check that all ranks say that a part is not done."""
        assert set(self.statuses) == {PARTLY_DONE}, (self.statuses, self.errs)
        return self

    def worked(self) -> Said:
        """Check that all ranks exit with success."""
        assert not any(self.statuses), (self.statuses, self.errs)
        return self

    def refused(self, status: int = WRONG_INPUT) -> str:
        """Check that all ranks fail alike, and return the one message."""
        assert set(self.statuses) == {status}, (self.statuses, self.errs)
        assert "Traceback" not in self.err
        assert self.err.count("femsoret: ") == 1, self.err
        return self.err[self.err.index("femsoret: ") :]
