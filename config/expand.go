package config

// Expand replaces ${NAME} and ${NAME:-default} in a text by variables of the environment, as in the configuration file.
func Expand(text string, env func(string) (string, bool)) (string, error) {
	out, _, err := expand(text, env)
	return out, err
}
