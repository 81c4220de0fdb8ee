"""Cases: a rule with its example, which runs (`leadlog check`)."""
