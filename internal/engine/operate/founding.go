package operate

// CheckPassword returns an error with the code Invalid for a password that no
// one may have, before anything is made on the way to keeping it.
func CheckPassword(password string) error { return checkPassword(password) }
