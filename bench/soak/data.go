package main

import (
	"fmt"
	"strconv"
)

// users is how many there are. Each has two reviews.
const users = 12

// usersSchema is the schema of the REST service. The second variant has a field more: reloads go back and forth.
func usersSchema(second bool) string {
	nick, picked := "", ""
	if second {
		nick, picked = " nick: String", " nick"
	}
	return fmt.Sprintf(`extend schema
  @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
  @link(url: "https://specs.apollo.dev/connect/v0.4", import: ["@source", "@connect"])
  @source(name: "users", http: { baseURL: "http://users.internal" })

type Query {
  user(id: ID!): User @connect(source: "users", http: { GET: "/users/{$args.id}" }, selection: "id name%[2]s", entity: true)
  users: [User] @connect(source: "users", http: { GET: "/users" }, selection: "id name%[2]s")
}
type Mutation {
  visit(key: ID!, user: ID!): Visit
    @connect(source: "users", http: { POST: "/visits", body: "key: $args.key user: $args.user" }, selection: "key user { id }")
}
type Visit { key: ID user: User }
type User
  @key(fields: "id")
  @connect(source: "users", http: { GET: "/users", queryParams: "ids: $batch.id->joinNotNull(',')" }, selection: "id name%[2]s") {
  id: ID! name: String%[1]s
}
`, nick, picked)
}

const reviewsSchema = `extend schema @link(url: "https://specs.apollo.dev/federation/v2.12", import: ["@key"])
type Query { latest: [Review] }
type Review @key(fields: "id") { id: ID! text: String author: User }
type User @key(fields: "id") { id: ID! reviews: [Review] }
`

func user(id int) map[string]any {
	return map[string]any{"id": strconv.Itoa(id), "name": fmt.Sprint("user ", id), "nick": fmt.Sprint("nick ", id)}
}

// latest are the users whose first reviews are the latest ones.
var latest = [...]int{3, 1, 7, 12, 5}

// reviewID is the id of the review n, 0 or 1, of a user.
func reviewID(user, n int) string { return strconv.Itoa(10*user + n) }

func reviewText(user, n int) string { return fmt.Sprintf("review %d of user %d", n, user) }

// reviewsData are the data of the GraphQL server.
func reviewsData() map[string]any {
	var newest, reviews, authors []any
	for _, u := range latest {
		newest = append(newest, "$Review:"+reviewID(u, 0))
	}
	for u := 1; u <= users; u++ {
		var own []any
		for n := range 2 {
			own = append(own, "$Review:"+reviewID(u, n))
			reviews = append(reviews, map[string]any{"id": reviewID(u, n), "text": reviewText(u, n), "author": "$User:" + strconv.Itoa(u)})
		}
		authors = append(authors, map[string]any{"id": strconv.Itoa(u), "reviews": own})
	}
	return map[string]any{"Query": map[string]any{"latest": newest}, "Review": reviews, "User": authors}
}
