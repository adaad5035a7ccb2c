"""People who sign in: guests and staff, the groups they work for, their tokens."""
