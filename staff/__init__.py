"""The pages of staff under `/staff/`: HTML for the people who run a house."""
