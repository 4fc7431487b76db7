package config

import (
	"path/filepath"

	"github.com/sluice-gateway/sluice/upstream"
)

// inFolder joins the paths of the files that a service reads while it is called to the folder of the configuration. Whether
// they are there is not asked: they come, change and go at their own times, and whoever reads them sees that by himself.
func inFolder(folder string, s *upstream.Config) {
	paths := []*string{
		&s.Discovery.File.Path,
		&s.TLS.RootsFile, &s.TLS.CertificateFile, &s.TLS.KeyFile,
		&s.Credentials.Basic.PasswordFile, &s.Credentials.OAuth2.ClientSecretFile, &s.Credentials.TokenExchange.ClientSecretFile,
		&s.Credentials.HMAC.KeyFile, &s.Credentials.AWS.CredentialsFile,
	}
	for i := range s.Credentials.Headers {
		paths = append(paths, &s.Credentials.Headers[i].File)
	}
	for _, p := range paths {
		if *p != "" && !filepath.IsAbs(*p) {
			*p = filepath.Join(folder, *p)
		}
	}
}
