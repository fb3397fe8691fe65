"""Where the rows come from, which of them every arm may use, and in which order it sees them."""
