"""Where a state turns unstable, and its leading modes."""
