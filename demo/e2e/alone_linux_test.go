package e2e_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"unsafe"

	"github.com/go-debug-toolbar/debugtoolbar/demo/e2e/e2etest"
	"github.com/go-debug-toolbar/debugtoolbar/demo/internal/app"
)

// aloneEnv says in a process that the test has started that it is the one.
const aloneEnv = "E2E_TEST_ALONE"

// TestT26_TheProgramsAskNobody runs the demo and the command line tool in a network that has
// nothing but loopback, whose kernel counts what is asked for: the visitor's connections
// are all there are, no name is looked up, nothing goes elsewhere.
func TestT26_TheProgramsAskNobody(t *testing.T) {
	if os.Getenv(aloneEnv) == "" {
		if os.Geteuid() != 0 {
			if os.Getenv("CI") == "true" {
				t.Fatal("needs root for a network of its own")
			}
			t.Skip("needs root for a network of its own")
		}
		exe, err := os.Executable()
		if err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(exe, "-test.run", "^"+t.Name()+"$", "-test.v")
		cmd.Env = append(os.Environ(), aloneEnv+"=1", e2etest.Programs(t), "GORACE=atexit_sleep_ms=0")
		cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}
		out, err := cmd.CombinedOutput()
		if err != nil || !strings.Contains(string(out), "connections, all") {
			t.Fatalf("%v\n%s", err, out)
		}
		return
	}
	loopbackUp(t)
	var opened atomic.Int64
	http.DefaultTransport = &http.Transport{DisableKeepAlives: true, DialContext: counted(&opened)}
	before := asked(t)

	dir := t.TempDir()
	demo := e2etest.Start(t, dir)
	get := func(url string) string {
		res, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		if _, err := io.Copy(io.Discard, res.Body); err != nil {
			t.Fatal(err)
		}
		return res.Status
	}
	for _, url := range []string{
		demo.Shop, demo.Shop + "/search?q=mug", demo.Shop + "/cart", demo.Shop + "/?url=http://192.0.2.1/", demo.Metrics,
		demo.Dashboard, demo.Dashboard + "requests", demo.Dashboard + "handlers", demo.Dashboard + "slow", demo.Dashboard + "signals",
		demo.Dashboard + "tasks", demo.Dashboard + "health", demo.Dashboard + "alerts", demo.API("requests"), demo.API("handlers"), demo.API("health"),
	} {
		if status := get(url); !strings.HasPrefix(status, "200") {
			t.Errorf("%s: %s", url, status)
		}
	}
	if code := demo.Interrupt(); code != 0 {
		t.Errorf("exit code %d:\n%s", code, demo.Output())
	}
	file := filepath.Join(dir, app.DefaultToolbarFile)
	for _, args := range [][]string{{"report"}, {"requests"}, {"queries"}, {"signals"}, {"exceptions"}, {"doctor"}} {
		if r := e2etest.Run(t, dir, e2etest.CLI(t), append(args, "--db", file)...); r.Code > 1 {
			t.Errorf("toolbar %q: %d %s", args, r.Code, r.Err)
		}
	}

	after := asked(t)
	if n := after["TcpActiveOpens"] - before["TcpActiveOpens"]; n != opened.Load() || n < 16 {
		t.Errorf("%d connections were opened, and %d by the visitor", n, opened.Load())
	}
	for _, name := range []string{"IpOutNoRoutes", "UdpOutDatagrams", "TcpAttemptFails"} {
		if after[name] != before[name] {
			t.Errorf("%s: %d, before %d: something was asked for", name, after[name], before[name])
		}
	}
	if _, err := http.Get("http://192.0.2.1/"); err == nil || asked(t)["IpOutNoRoutes"] == after["IpOutNoRoutes"] {
		t.Error("asking for an address elsewhere is not seen")
	}
	fmt.Printf("%d connections, all the visitor's\n", opened.Load())
}

// counted dials, and counts.
func counted(n *atomic.Int64) func(ctx context.Context, network, addr string) (net.Conn, error) {
	var d net.Dialer
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		n.Add(1)
		return d.DialContext(ctx, network, addr)
	}
}

// asked is what the kernel has counted in this network.
func asked(t *testing.T) map[string]int64 {
	t.Helper()
	text, err := os.ReadFile("/proc/net/snmp")
	if err != nil {
		t.Fatal(err)
	}
	n := map[string]int64{}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	for i := 0; i+1 < len(lines); i += 2 {
		kind, heads, _ := strings.Cut(lines[i], ":")
		_, values, _ := strings.Cut(lines[i+1], ":")
		v := strings.Fields(values)
		for j, head := range strings.Fields(heads) {
			n[kind+head], _ = strconv.ParseInt(v[j], 10, 64) // what is no number is not looked at
		}
	}
	return n
}

// loopbackUp switches the loopback interface of a new network on.
func loopbackUp(t *testing.T) {
	t.Helper()
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_DGRAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Close(fd)
	var req struct {
		name  [syscall.IFNAMSIZ]byte
		flags uint16
		_     [22]byte
	}
	copy(req.name[:], "lo")
	req.flags = syscall.IFF_UP | syscall.IFF_RUNNING
	if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, uintptr(fd), syscall.SIOCSIFFLAGS, uintptr(unsafe.Pointer(&req))); errno != 0 {
		t.Fatal(errno)
	}
}
