"""reports/quality.html: what a run did to a corpus, as one page that needs nothing but a browser."""
