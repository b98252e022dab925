"""Report: what a run says, as files for people and for programs."""
