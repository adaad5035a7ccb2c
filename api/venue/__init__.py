"""Contract 5: business hours, table bookings and customers. snake_case, one envelope."""
