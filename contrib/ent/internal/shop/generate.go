package shop

// ent's generator needs modules that the code does not; they stay out of go.mod:
//
//	GOWORK=off go get entgo.io/ent/cmd/ent@v0.14.5
//	GOWORK=off go run entgo.io/ent/cmd/ent generate ./internal/shop/schema
//	rm -r internal/shop/enttest internal/shop/hook
//	GOWORK=off go mod tidy
