"""The figures of all kinds of runs, from their summaries, histories and samples of fields."""
