"""May a dataset be released? What is checked of it, and what is said of what was found."""
