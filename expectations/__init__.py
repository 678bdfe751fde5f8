"""What a dataset must be: suites for Great Expectations (`*.json`) and the expectations of our own they use.

Importing this package costs nothing; its modules `texts` and `columns` import great_expectations.
"""
