package demo

import "net/http"

// newAccounts returns the routes of the accounts service:
//
//	GET /users/{id}
//	GET /users?ids=1,2,3
func newAccounts(users []user) *http.ServeMux {
	rows := encodeAll(users)
	mux := http.NewServeMux()
	mux.Handle("GET /users/{id}", endpoint(func(r *http.Request) (int, []byte, *problem) {
		u, ok := row(rows, r.PathValue("id"))
		if !ok {
			return 0, nil, notFound("USER_NOT_FOUND", "There is no such user.")
		}
		return http.StatusOK, u, nil
	}))
	mux.Handle("GET /users", endpoint(func(r *http.Request) (int, []byte, *problem) {
		ids, p := idsParameter(r.URL.Query(), "ids")
		if p != nil {
			return 0, nil, p
		}
		return http.StatusOK, envelope("users", rowsOf(rows, ids)), nil
	}))
	return mux
}
