"""What a document says twice: what labelers/repeats.py is made of."""
