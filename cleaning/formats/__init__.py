"""Texts in HTML and Markdown as the plain text that they say."""
