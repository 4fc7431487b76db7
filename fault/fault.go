// Package fault is the closed table of the error codes that clients may meet in extensions.code, and the one place where
// errors for clients are made. A message is a sentence; it never quotes an upstream's address or body.
package fault

import "github.com/vektah/gqlparser/v2/gqlerror"

// Code is an entry of the table.
type Code string

// Before the operation runs.
const (
	BadRequest            Code = "BAD_REQUEST"                  // the request is not a GraphQL request
	ParseFailed           Code = "GRAPHQL_PARSE_FAILED"         // the document does not parse
	ValidationFailed      Code = "GRAPHQL_VALIDATION_FAILED"    // the document does not fit the schema
	OperationUnresolved   Code = "OPERATION_RESOLUTION_FAILURE" // no operation, or no such one, or not clear which one
	BadUserInput          Code = "BAD_USER_INPUT"               // a variable's value does not fit its type
	OperationTooLarge     Code = "OPERATION_LIMIT_EXCEEDED"     // the document is over one of the limits
	MethodNotAllowed      Code = "METHOD_NOT_ALLOWED"           // a mutation in a request that may only read
	IntrospectionDisabled Code = "INTROSPECTION_DISABLED"       // the schema may not be asked for
	NoPlan                Code = "QUERY_PLANNING_FAILED"        // no plan within the bounds of planning
)

// While it runs: what a source did. The first five are those that users of connectors know.
const (
	ConnectorFetch   Code = "CONNECTOR_FETCH"            // the service answered, and the answer means failure
	ResponseInvalid  Code = "CONNECTOR_RESPONSE_INVALID" // the answer cannot be read
	RequestLimit     Code = "REQUEST_LIMIT_EXCEEDED"     // too many calls to one source in one operation
	GatewayTimeout   Code = "GATEWAY_TIMEOUT"            // no answer in time
	Overloaded       Code = "SERVICE_OVERLOADED"         // as many calls to the service are under way as are allowed
	CircuitOpen      Code = "CIRCUIT_OPEN"               // the service was not called, as the last calls failed
	Credentials      Code = "SERVICE_CREDENTIALS"        // there are no credentials to call the service with
	HTTPClient       Code = "HTTP_CLIENT_ERROR"          // no connection, or it broke
	RequestInvalid   Code = "CONNECTOR_REQUEST_INVALID"  // the request to the service could not be built
	ResponseTooLarge Code = "CONNECTOR_RESPONSE_TOO_LARGE"
	SubgraphError    Code = "SUBGRAPH_ERROR" // a source with a query language reported an error

	SubrequestHTTP      Code = "SUBREQUEST_HTTP_ERROR"         // a remote subgraph answered with an HTTP error, and no GraphQL
	SubrequestMalformed Code = "SUBREQUEST_MALFORMED_RESPONSE" // the answer of a remote subgraph is not what was asked for
	SubrequestTooLarge  Code = "SUBREQUEST_RESPONSE_TOO_LARGE"
)

// While the answer is made.
const (
	InvalidResult Code = "INVALID_RESULT"        // a value does not fit the type of its field
	NullResult    Code = "NULL_IN_NON_NULL"      // a field that is never null has no value
	Canceled      Code = "REQUEST_CANCELED"      // the client went away, or the operation's time is over
	Internal      Code = "INTERNAL_SERVER_ERROR" // a defect of the gateway

	AnswerTooLarge Code = "ANSWER_TOO_LARGE" // the data of the answer are over the limit
	TooManyErrors  Code = "TOO_MANY_ERRORS"  // there are more errors than an answer lists
)

// New returns an error with a code.
func New(code Code, message string) *gqlerror.Error {
	return &gqlerror.Error{Message: message, Extensions: map[string]any{"code": string(code)}}
}
