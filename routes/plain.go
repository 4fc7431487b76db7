package routes

import "net/http"

// Services passes requests on to services.
type Services interface{}

// plain checks a plain route, and returns what serves it.
func (b *builder) plain(i int, e *entry) func(method string) http.Handler {
	if !b.options.HasService(e.config.Service) {
		b.report("UNKNOWN_SERVICE", at(i, "service"), "there is no service %q.", e.config.Service)
		return nil
	}
	return func(string) http.Handler { return http.NotFoundHandler() }
}
