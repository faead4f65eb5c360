"""Networks whose files hold weights alone, so that the architecture is written here."""
