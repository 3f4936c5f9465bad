//go:build cgo && !wazero && linux

package tinkwebhooks_test

import (
	"bufio"
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/tink-webhooks/tink-webhooks/bindings-go/tinkwebhookstest"
)

// receiver is a program that serves deliveries, on a port that it prints.
const receiver = `package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"time"

	tinkwebhooks "` + module + `"
)

func main() {
	hooks, err := tinkwebhooks.NewHandler(tinkwebhooks.WithSecret("s3cret"))
	if err != nil {
		log.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	server := &http.Server{Handler: hooks, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}
`

// serves starts the program at root/receiver with root as its root directory, and sends it deliveries.
func serves(t *testing.T, root string) {
	t.Helper()
	program := exec.Command("/receiver")
	program.Dir, program.Env = "/", []string{}
	program.SysProcAttr = &syscall.SysProcAttr{Chroot: root}
	if user := os.Geteuid(); user != 0 { // only root of a user namespace may chroot
		program.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		program.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: 0, HostID: user, Size: 1}}
	}
	var failed strings.Builder
	program.Stderr = &failed
	output, err := program.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := program.Start(); errors.Is(err, syscall.EPERM) {
		t.Skip("neither chroot nor a user namespace is allowed here")
	} else if err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = program.Process.Kill()
		_ = program.Wait()
	}()
	address, err := bufio.NewReader(output).ReadString('\n')
	if err != nil {
		_ = program.Wait()
		t.Fatalf("the receiver did not start: %v, %s%s", err, program.ProcessState, &failed)
	}
	for sent, want := range map[string]string{"s3cret": "200 OK ok\n", "another": "401 Unauthorized signature_mismatch\n"} {
		request := tinkwebhookstest.NewClientRequest("http://"+strings.TrimSpace(address), "refresh:finished",
			tinkwebhookstest.WithSecret(sent))
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		response.Body.Close()
		if got := response.Status + " " + string(text); got != want || err != nil {
			t.Errorf("answered %q, want %q; %v", got, want, err)
		}
	}
}

// newReceiver is newUser with the receiver in place of the program.
func newReceiver(t *testing.T) (dir string, run func(env []string, command ...string) string) {
	t.Helper()
	dir, run = newUser(t, "v0.0.0", "replace "+module+" => "+checkout(t)+"\n")
	if err := os.WriteFile(filepath.Join(dir, "main.go"), []byte(receiver), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir, run
}

// copyInto copies a file to the same path under a root directory.
func copyInto(t *testing.T, root, path, to string) {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	to = filepath.Join(root, to)
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(to, content, 0o755); err != nil {
		t.Fatal(err)
	}
}

var ofGlibc = regexp.MustCompile(`^(ld-linux[\w-]*|lib(c|m|dl|rt|pthread|util|resolv))\.so\.\d+$`)

func TestAReceiverNeedsTheCLibraryAlone(t *testing.T) {
	dir, run := newReceiver(t)
	run(nil, "go", "build", "-o", "receiver", ".")
	program := filepath.Join(dir, "receiver")
	said, err := exec.Command("ldd", program).Output()
	if err != nil {
		t.Fatal(err)
	}
	// A line of ldd: "libc.so.6 => /lib/… (0x…)", or "/lib64/ld-linux-x86-64.so.2 (0x…)".
	root, files := t.TempDir(), 0
	for line := range strings.Lines(string(said)) {
		name, found, _ := strings.Cut(strings.TrimSpace(line), " => ")
		path, _, _ := strings.Cut(name, " (")
		if found != "" {
			path, _, _ = strings.Cut(found, " (")
		}
		if strings.HasPrefix(path, "linux-vdso") {
			continue
		}
		if !ofGlibc.MatchString(filepath.Base(path)) {
			t.Errorf("needs more than glibc: %s", line)
			continue
		}
		copyInto(t, root, path, path)
		files++
	}
	if files == 0 {
		t.Fatalf("nothing is linked: %s", said)
	}
	copyInto(t, root, program, "receiver")
	serves(t, root)
}

func TestAStaticReceiverNeedsNothing(t *testing.T) {
	dir, run := newReceiver(t)
	printed := run(nil, "go", "build", "-tags", "netgo,osusergo",
		"-ldflags", "-linkmode external -extldflags -static", "-o", "receiver", ".")
	if printed != "" {
		t.Errorf("the linker warns: %s", printed)
	}
	root := t.TempDir()
	copyInto(t, root, filepath.Join(dir, "receiver"), "receiver")
	serves(t, root)
}
