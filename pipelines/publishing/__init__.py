"""`tamis publish`: a checked dataset to a folder, a bucket or the Hugging Face hub."""
