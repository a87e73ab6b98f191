"""How staff get in: second factor, throttling of passwords, the ends of sessions."""
