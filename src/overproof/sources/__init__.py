"""Sources: where the rows come from, one kind of file, folder or object per file; all of them become a data set."""
