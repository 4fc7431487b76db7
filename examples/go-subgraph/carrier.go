package main

import (
	"encoding/json"
	"net/http"
	"strings"
)

// carrier stands for a service that you have: how many days it takes to a country.
//
//	GET /transit?to=SE,DE
func carrier() http.Handler {
	days := map[string][2]int{
		"AT": {2, 4}, "BE": {2, 3}, "CH": {3, 5}, "DE": {1, 2}, "DK": {2, 3}, "ES": {3, 6}, "FI": {3, 5}, "FR": {2, 4}, "IE": {4, 6},
		"IT": {3, 5}, "NL": {1, 3}, "NO": {3, 6}, "PL": {2, 4}, "PT": {4, 6}, "SE": {2, 4},
	}
	type transit struct {
		Country string `json:"country"`
		Carrier string `json:"carrier"`
		From    int    `json:"from"`
		To      int    `json:"to"`
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /transit", func(w http.ResponseWriter, r *http.Request) {
		list := []transit{}
		for country := range strings.SplitSeq(r.URL.Query().Get("to"), ",") {
			if d, ok := days[country]; ok {
				list = append(list, transit{country, "Northern Parcel", d[0], d[1]})
			}
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(map[string]any{"transit": list}) // a client that has gone needs no answer
	})
	return mux
}
