"""What falsifies the Soret coefficient of a cell, by how much, and what to change."""
