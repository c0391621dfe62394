package e2e_test

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"

	"github.com/go-debug-toolbar/debugtoolbar/commands"
	"github.com/go-debug-toolbar/debugtoolbar/instrument"
	"github.com/go-debug-toolbar/debugtoolbar/middleware"
)

// canary is the secret of the n-th leak, not to be found anywhere afterwards.
func canary(n int) string { return fmt.Sprintf("Kanarie%02dq7Zx", n) }

// leak is a way in which secrets get into what is recorded. Each has a request of its own. Shows is what a reader finds of it
// instead, where the place as such is recorded.
type leak struct {
	where string
	shows string
	send  func(r *http.Request, secret string)                     // what a client sends
	do    func(ctx context.Context, l *leaky, secret string) error // what the app does meanwhile
}

func header(name, value string) func(*http.Request, string) {
	return func(r *http.Request, secret string) { r.Header.Set(name, strings.ReplaceAll(value, "SECRET", secret)) }
}

func query(raw string) func(*http.Request, string) {
	return func(r *http.Request, secret string) { r.URL.RawQuery = strings.ReplaceAll(raw, "SECRET", secret) }
}

func body(kind, text string) func(*http.Request, string) {
	return func(r *http.Request, secret string) {
		text := strings.ReplaceAll(text, "SECRET", secret)
		r.Method, r.Body, r.ContentLength = http.MethodPost, io.NopCloser(strings.NewReader(text)), int64(len(text))
		r.Header.Set("Content-Type", kind)
	}
}

func logs(message string, attrs ...any) func(context.Context, *leaky, string) error {
	return func(ctx context.Context, l *leaky, secret string) error {
		filled := make([]any, len(attrs))
		for i, a := range attrs {
			if s, ok := a.(string); ok {
				a = strings.ReplaceAll(s, "SECRET", secret)
			}
			filled[i] = a
		}
		l.log.InfoContext(ctx, strings.ReplaceAll(message, "SECRET", secret), filled...)
		return nil
	}
}

func runs(statement string, args ...any) func(context.Context, *leaky, string) error {
	return func(ctx context.Context, l *leaky, secret string) error {
		filled := make([]any, len(args))
		for i := range args {
			filled[i] = secret
		}
		_, _ = l.db.ExecContext(ctx, strings.ReplaceAll(statement, "SECRET", secret), filled...) // some are wrong on purpose
		return nil
	}
}

func fails(message string) func(context.Context, *leaky, string) error {
	return func(ctx context.Context, l *leaky, secret string) error {
		l.receive = func() error { return errors.New(strings.ReplaceAll(message, "SECRET", secret)) }
		l.signal.SendRobust(ctx, "leaky", credentials{})
		return nil
	}
}

func panics(value func(secret string) any) func(context.Context, *leaky, string) error {
	return func(ctx context.Context, l *leaky, secret string) error {
		l.receive = func() error { panic(value(secret)) }
		l.signal.SendRobust(ctx, "leaky", credentials{})
		return nil
	}
}

func manages(args ...string) func(context.Context, *leaky, string) error {
	return func(ctx context.Context, l *leaky, secret string) error {
		filled := make([]string, len(args))
		for i, a := range args {
			filled[i] = strings.ReplaceAll(a, "SECRET", secret)
		}
		_ = l.root.Exec(ctx, commands.IO{Out: io.Discard, Err: io.Discard}, filled...) // some fail on purpose
		return nil
	}
}

// credentials is a type of an app, whose fields speak for themselves.
type credentials struct{ User, Password string }

var keySMTP = instrument.NewKey("smtp.password")

const dsn = "postgres://shop:SECRET@db.test/shop"

var leaks = []leak{
	{where: "Authorization, Bearer", shows: "Authorization", send: header("Authorization", "Bearer SECRET")},
	{where: "Proxy-Authorization", shows: "Proxy-Authorization", send: header("Proxy-Authorization", "Digest SECRET")},
	{where: "X-Api-Key", shows: "X-Api-Key", send: header("X-Api-Key", "SECRET")},
	{where: "a header nobody knows", shows: "X-Whatever", send: header("X-Whatever", "SECRET")},
	{where: "session cookie", shows: "Cookie", send: header("Cookie", "session=SECRET; theme=dark")},
	{where: "any cookie", send: header("Cookie", "theme=SECRET")},
	{where: "broken cookie", send: header("Cookie", "theme; =SECRET")},
	{where: "Referer", shows: "/from/here", send: header("Referer", "http://127.0.0.1/from/here?token=SECRET#SECRET")},
	{where: "User-Agent", shows: "leaky-bot", send: header("User-Agent", "leaky-bot/1 api_key=SECRET")},
	{where: "Accept", shows: "text/leaky", send: header("Accept", "text/leaky;token=SECRET")},
	{where: "tracestate", send: header("Tracestate", "vendor=token:SECRET")},
	{where: "query, password", shows: "password=[redacted]", send: query("password=SECRET")},
	{where: "query, nested key", shows: "user[password]=[redacted]", send: query("user[password]=SECRET")},
	{where: "query, escaped key", send: query("api%5Fkey=SECRET")},
	{where: "query, signed address", send: query("X-Amz-Signature=SECRET&X-Amz-Security-Token=SECRET")},
	{where: "query in a query", send: query("next=" + url.QueryEscape("/x?access_token=SECRET"))},
	{where: "form", send: body("application/x-www-form-urlencoded", "user=mara&password=SECRET")},
	{where: "JSON body", send: body("application/json", `{"user":"mara","password":"SECRET","deep":[{"apiKey":"SECRET"}]}`)},
	{where: "multipart body", send: body("multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"password\"\r\n\r\nSECRET\r\n--b--\r\n")},

	{where: "SQL argument", shows: "INSERT INTO vault (a) VALUES (?)", do: runs("INSERT INTO vault (a) VALUES (?)", "SECRET")},
	{where: "SQL literal", shows: "UPDATE vault SET a = ?", do: runs("UPDATE vault SET a = 'SECRET'")},
	{where: "SQL comment", shows: "DELETE FROM vault", do: runs("DELETE FROM vault /* token SECRET */ -- SECRET")},
	{where: "SQL that fails", shows: "no such table: nowhere", do: runs("INSERT INTO nowhere VALUES ('SECRET', ?)", "SECRET")},

	{where: "log message", shows: "leak one password=[redacted]", do: logs("leak one password=SECRET")},
	{where: "log attribute", shows: "leak two", do: logs("leak two", "password", "SECRET")},
	{where: "log attribute in a group", shows: "leak three", do: func(ctx context.Context, l *leaky, secret string) error {
		l.log.WithGroup("user").InfoContext(ctx, "leak three", slog.Group("login", slog.String("token", secret)))
		return nil
	}},
	{where: "log attribute for all lines", shows: "leak four", do: func(ctx context.Context, l *leaky, secret string) error {
		l.log.With("client_secret", secret).InfoContext(ctx, "leak four")
		return nil
	}},
	{where: "log of a value", shows: "leak five", do: func(ctx context.Context, l *leaky, secret string) error {
		l.log.InfoContext(ctx, "leak five", "login", credentials{"mara", secret}, "pointer", &credentials{"mara", secret})
		return nil
	}},
	{where: "log of an error", shows: "db.test", do: func(ctx context.Context, l *leaky, secret string) error {
		l.log.ErrorContext(ctx, "leak six", "error", fmt.Errorf("dial %s: refused", strings.ReplaceAll(dsn, "SECRET", secret)))
		return nil
	}},
	{where: "log of JSON", shows: "leak seven", do: logs(`leak seven {"secret":"SECRET"}`)},
	{where: "log of a token", shows: "leak eight", do: logs("leak eight: Authorization: Bearer SECRET")},
	{where: "log of a key file", shows: "leak nine", do: logs("leak nine -----BEGIN PRIVATE KEY-----\nSECRET\n-----END PRIVATE KEY-----")},
	{where: "log of Basic", do: func(ctx context.Context, l *leaky, secret string) error {
		l.log.InfoContext(ctx, "Authorization: Basic "+base64.StdEncoding.EncodeToString([]byte("mara:"+secret)))
		return nil
	}},

	{where: "error of a receiver", shows: "relay smtp://[redacted]@relay.test", do: fails("relay smtp://shop:SECRET@relay.test")},
	{where: "error in words of a database", do: fails("Key (password)=(SECRET) already exists")},
	{where: "panic with a text", shows: "cannot use api_key=[redacted]", do: panics(func(s string) any { return "cannot use api_key=" + s })},
	{where: "panic with an error", do: panics(func(s string) any { return fmt.Errorf("cannot use token %q: %w", "token="+s, errors.New("secret="+s)) })},
	{where: "panic with a value", do: panics(func(s string) any { return credentials{"mara", s} })},
	{where: "signal's payload and sender", do: func(ctx context.Context, l *leaky, secret string) error {
		l.receive = func() error { return nil }
		_, err := l.signal.Send(ctx, "shop token="+secret, credentials{"mara", secret})
		return err
	}},
	{where: "error of the handler", do: func(_ context.Context, _ *leaky, secret string) error {
		return errors.New("the handler panics with password=" + secret)
	}},
	{where: "user's name", shows: "mara", do: func(ctx context.Context, _ *leaky, secret string) error {
		middleware.SetUser(ctx, "mara password="+secret)
		return nil
	}},
	{where: "tag", do: func(ctx context.Context, _ *leaky, secret string) error {
		middleware.Tag(ctx, "token="+secret)
		return nil
	}},
	{where: "attribute of a span", shows: "smtp.password", do: func(ctx context.Context, l *leaky, secret string) error {
		instrument.Leaf(ctx, l.span, keySMTP.String(secret)).End(nil)
		return nil
	}},

	{where: "command, flag", shows: "arg.password", do: manages("sync", "--password", "SECRET")},
	{where: "command, flag with =", shows: "arg.api-token", do: manages("sync", "--api-token=SECRET")},
	{where: "command, argument", shows: "postgres://[redacted]@db.test/shop", do: manages("sync", dsn)},
	{where: "command, its error", do: manages("sync", "--fail", dsn)},
	{where: "command, wrong flag", do: manages("sync", "--secret=SECRET")},
	{where: "command, wrong value", do: manages("sync", "--count", "password=SECRET")},
}
