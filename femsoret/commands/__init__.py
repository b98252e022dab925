"""What each command of ``femsoret`` does, from a case to its folder of results."""
