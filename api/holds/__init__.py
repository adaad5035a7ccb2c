"""Contract 2: hold, pay, confirm. camelCase, bare objects, epoch milliseconds."""
