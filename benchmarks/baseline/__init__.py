"""Contract 2's own pseudo-code as a Django application: what Couvert is compared with.

Written as the document's Python reads, on the document's tables, with nothing added that would
slow it down: no authentication, a payment and an e-mail that do nothing. ``settings`` is a project
as ``startproject`` makes it, ``tuned`` has all that Couvert's own settings do for speed.
"""
