"""Shingles compared at scale: what shingles.py and dedupe.py are made of."""
