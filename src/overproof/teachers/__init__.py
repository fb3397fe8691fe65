"""Teachers that are no networks of our own: estimators, files, functions, tables, ensembles; one kind per file."""
