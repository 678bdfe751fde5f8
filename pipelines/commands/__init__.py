"""The commands, a module each; `pipelines.cli` puts them together. Heavy imports wait inside the functions."""
