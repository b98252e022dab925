"""What every room stands on: errors, units, files, ranks, compiled forms; no physics."""
