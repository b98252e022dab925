"""What one cell would report: its solves, their errors, whether its state lasts."""
