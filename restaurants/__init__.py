"""What can be booked: venues, hours, rooms, tables, dining services, offers; and discovery."""
