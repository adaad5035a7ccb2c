"""The pages guests see: they translate between people and services, and decide nothing."""
