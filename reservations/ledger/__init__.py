"""The ledger's writes: each is one statement, so each happens wholly or not at all.

A booking touches half a dozen tables. Written row by row through the ORM that is a dozen
round trips while a lock is held; here it is one data-modifying CTE. What these statements
promise does not depend on their callers being careful: exclusion and check constraints
refuse whatever would overlap or overfill, and the refusal arrives as a domain error.
"""
