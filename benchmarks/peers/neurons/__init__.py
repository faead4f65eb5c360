"""Networks of the neurons that people train with, in their own libraries and here."""
