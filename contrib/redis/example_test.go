package redistap_test

import (
	"github.com/redis/go-redis/v9"

	redistap "github.com/go-debug-toolbar/debugtoolbar/contrib/redis"
)

func ExampleNew() {
	client := redis.NewClient(&redis.Options{Addr: "127.0.0.1:6379"})
	defer client.Close()
	client.AddHook(redistap.New("redis"))
}
