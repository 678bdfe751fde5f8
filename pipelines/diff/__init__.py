"""What became of a dataset from one release to the next: rows, columns, rules and distributions."""
