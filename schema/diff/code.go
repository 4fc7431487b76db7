package diff

// Code names a kind of change, for programs that read the result.
type Code string

// The codes.
const (
	RootTypeAdded   Code = "ROOT_TYPE_ADDED"
	RootTypeRemoved Code = "ROOT_TYPE_REMOVED"
	RootTypeChanged Code = "ROOT_TYPE_CHANGED"

	TypeAdded       Code = "TYPE_ADDED"
	TypeRemoved     Code = "TYPE_REMOVED"
	TypeKindChanged Code = "TYPE_KIND_CHANGED"

	InterfaceAdded   Code = "INTERFACE_ADDED"   // a type implements one more
	InterfaceRemoved Code = "INTERFACE_REMOVED" // a type implements one less
	MemberAdded      Code = "UNION_MEMBER_ADDED"
	MemberRemoved    Code = "UNION_MEMBER_REMOVED"
	ValueAdded       Code = "ENUM_VALUE_ADDED"
	ValueRemoved     Code = "ENUM_VALUE_REMOVED"
	SpecifiedBy      Code = "SPECIFIED_BY_CHANGED"
	OneOfAdded       Code = "ONE_OF_ADDED"
	OneOfRemoved     Code = "ONE_OF_REMOVED"

	FieldAdded       Code = "FIELD_ADDED"
	FieldRemoved     Code = "FIELD_REMOVED"
	FieldTypeChanged Code = "FIELD_TYPE_CHANGED"

	ArgumentAdded          Code = "ARGUMENT_ADDED"
	ArgumentRemoved        Code = "ARGUMENT_REMOVED"
	ArgumentTypeChanged    Code = "ARGUMENT_TYPE_CHANGED"
	ArgumentDefaultChanged Code = "ARGUMENT_DEFAULT_CHANGED"

	InputFieldAdded          Code = "INPUT_FIELD_ADDED"
	InputFieldRemoved        Code = "INPUT_FIELD_REMOVED"
	InputFieldTypeChanged    Code = "INPUT_FIELD_TYPE_CHANGED"
	InputFieldDefaultChanged Code = "INPUT_FIELD_DEFAULT_CHANGED"

	DirectiveAdded             Code = "DIRECTIVE_ADDED"
	DirectiveRemoved           Code = "DIRECTIVE_REMOVED"
	DirectiveLocationAdded     Code = "DIRECTIVE_LOCATION_ADDED"
	DirectiveLocationRemoved   Code = "DIRECTIVE_LOCATION_REMOVED"
	DirectiveRepeatableAdded   Code = "DIRECTIVE_REPEATABLE_ADDED"
	DirectiveRepeatableRemoved Code = "DIRECTIVE_REPEATABLE_REMOVED"

	DescriptionChanged Code = "DESCRIPTION_CHANGED"
	DeprecationAdded   Code = "DEPRECATION_ADDED"
	DeprecationRemoved Code = "DEPRECATION_REMOVED"
	DeprecationChanged Code = "DEPRECATION_CHANGED"
)
