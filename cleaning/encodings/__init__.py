"""Charsets and broken characters: what decode.py and repair.py are made of."""
