"""Money: deposit policies, payments and refunds as rows, gateways that move it."""
