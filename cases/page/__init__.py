"""The page of a case: what it shows and offers. What changes goes through the services."""
