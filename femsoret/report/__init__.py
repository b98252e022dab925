"""Reports: the results of runs as files for people (pages, figures) and programs (summary.json)."""
