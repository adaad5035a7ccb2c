"""What people do on the pages for staff: signing in, and deciding who works here."""
