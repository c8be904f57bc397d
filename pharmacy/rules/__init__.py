"""The rule book: clinical knowledge as data with its sources, and the few comparisons that read it.

Pure: it imports the standard library, rapidfuzz and ``pharmacy.domain`` alone. ``book.load()`` gives the book,
``checks.check(book, facts)`` the findings, ``book.vocabulary.recognise(text)`` what a typed medicine name means.
"""
