"""Tasks: what is asked about a row, one file each."""
