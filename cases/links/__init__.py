"""Who used what: kept from decisions (`keeping`), made anew (`rebuilding`), read (`reading`)."""
