"""The page of a case: what it shows and offers. Reads only; services change things."""
