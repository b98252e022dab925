"""The commands of ``femsoret``, from reading a case to writing its folder of results."""
