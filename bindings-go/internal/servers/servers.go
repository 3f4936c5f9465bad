//go:build unix

// Package servers starts Redis, Valkey and PostgreSQL on free ports of loopback, for the tests that need them. A test is
// skipped by name where a server is not installed.
package servers

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"testing"
	"time"
)

// Server is one that runs, until its test ends.
type Server struct {
	// Port is that on 127.0.0.1.
	Port int

	t       testing.TB
	command []string
	folder  string
	process *exec.Cmd
	account *syscall.Credential // nil: this process's own
	stop    syscall.Signal
	answers func() bool
}

// Redis starts a server of Redis 5 or newer, or of Valkey: name is "redis" or "valkey". It keeps what it has when it is
// started again. options are further ones of its command line.
func Redis(t testing.TB, name string, options ...string) *Server {
	t.Helper()
	binary := redisBinary(name + "-server")
	if binary == "" {
		t.Skipf("%s-server is not installed", name)
	}
	s := &Server{Port: freePort(t), t: t, folder: t.TempDir(), stop: syscall.SIGKILL}
	// A server of a cluster has a second port, 10,000 above the first.
	for slices.Contains(options, "--cluster-enabled") && s.Port+10_000 > 65_535 {
		s.Port = freePort(t)
	}
	s.command = []string{binary, "--port", strconv.Itoa(s.Port), "--bind", "127.0.0.1", "--save", "",
		"--appendonly", "yes", "--appendfsync", "always", "--dir", s.folder, "--maxmemory-policy", "noeviction"}
	s.command = append(s.command, options...)
	s.answers = s.pongs
	return s.running()
}

// redisBinary looks also into the project's Python environment, where a package carries Valkey. It is empty where there is
// none.
func redisBinary(name string) string {
	if found, err := exec.LookPath(name); err == nil {
		return found
	}
	folder, err := os.Getwd()
	for ; err == nil && folder != filepath.Dir(folder); folder = filepath.Dir(folder) {
		found, _ := filepath.Glob(filepath.Join(folder, ".venv/lib/python*/site-packages/*/_binaries/*", name))
		if len(found) > 0 {
			return found[0]
		}
	}
	return ""
}

// Postgres starts a server of PostgreSQL. It keeps what it has when it is started again.
func Postgres(t testing.TB) *Server {
	t.Helper()
	binaries := postgresFolder(t)
	// Not in t.TempDir(), whose parent only this user may enter.
	folder, err := os.MkdirTemp("", "tink-webhooks-postgres-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(folder) })
	s := &Server{Port: freePort(t), t: t, folder: folder, stop: syscall.SIGQUIT, account: otherAccount(t)}
	if s.account != nil { // it refuses to run as root
		if err := os.Chown(folder, int(s.account.Uid), int(s.account.Gid)); err != nil {
			t.Fatal(err)
		}
	}
	data := filepath.Join(folder, "data")
	initdb := exec.Command(filepath.Join(binaries, "initdb"), "-D", data, "-A", "trust", "-U", "tink", "--no-sync", "-E", "UTF8")
	initdb.Dir = folder
	initdb.SysProcAttr = &syscall.SysProcAttr{Credential: s.account}
	if output, err := initdb.CombinedOutput(); err != nil {
		t.Fatalf("initdb: %v\n%s", err, output)
	}
	port := strconv.Itoa(s.Port)
	s.command = []string{filepath.Join(binaries, "postgres"), "-D", data, "-p", port, "-h", "127.0.0.1", "-k", folder,
		"-c", "fsync=off"} // no test pulls the plug
	s.answers = func() bool {
		return exec.Command(filepath.Join(binaries, "pg_isready"), "-q", "-h", "127.0.0.1", "-p", port).Run() == nil
	}
	return s.running()
}

// DSN is the connection string of PostgreSQL.
func (s *Server) DSN() string { return fmt.Sprintf("postgresql://tink@127.0.0.1:%d/postgres", s.Port) }

// Address is host and port.
func (s *Server) Address() string { return net.JoinHostPort("127.0.0.1", strconv.Itoa(s.Port)) }

func (s *Server) running() *Server {
	s.t.Helper()
	s.t.Cleanup(s.Kill)
	s.Start()
	return s
}

// Start starts it again after Kill.
func (s *Server) Start() {
	s.t.Helper()
	log, err := os.OpenFile(filepath.Join(s.folder, "log"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		s.t.Fatal(err)
	}
	defer log.Close()
	s.process = exec.Command(s.command[0], s.command[1:]...)
	s.process.Dir, s.process.Stdout, s.process.Stderr = s.folder, log, log
	s.process.SysProcAttr = &syscall.SysProcAttr{Credential: s.account}
	if err := s.process.Start(); err != nil {
		s.t.Fatal(err)
	}
	for until := time.Now().Add(30 * time.Second); time.Now().Before(until); time.Sleep(50 * time.Millisecond) {
		if s.answers() {
			return
		}
	}
	s.Kill()
	text, _ := os.ReadFile(log.Name())
	s.t.Fatalf("%s does not start: %s", s.command[0], text[max(0, len(text)-2000):])
}

// Kill ends it at once.
func (s *Server) Kill() {
	if s.process == nil || s.process.Process == nil {
		return
	}
	// PostgreSQL's own children end by themselves after this one.
	_ = s.process.Process.Signal(s.stop)
	_ = s.process.Wait()
	s.process = nil
}

func (s *Server) pongs() bool {
	connection, err := net.DialTimeout("tcp", s.Address(), time.Second)
	if err != nil {
		return false
	}
	defer connection.Close()
	_ = connection.SetDeadline(time.Now().Add(time.Second))
	answer := make([]byte, 5)
	if _, err := connection.Write([]byte("PING\r\n")); err != nil {
		return false
	}
	read, _ := connection.Read(answer)
	return bytes.Equal(answer[:read], []byte("+PONG"))
}

func freePort(t testing.TB) int {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().(*net.TCPAddr).Port
}

func postgresFolder(t testing.TB) string {
	t.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(found) > 0 {
		slices.Sort(found)
		return filepath.Dir(found[len(found)-1])
	}
	path, err := exec.LookPath("initdb")
	if err != nil {
		t.Skip("postgresql is not installed")
	}
	return filepath.Dir(path)
}

// otherAccount is that of another user where this one is root.
func otherAccount(t testing.TB) *syscall.Credential {
	t.Helper()
	if os.Geteuid() != 0 {
		return nil
	}
	for _, name := range []string{"postgres", "nobody"} {
		if found, err := user.Lookup(name); err == nil {
			uid, _ := strconv.ParseUint(found.Uid, 10, 32)
			gid, _ := strconv.ParseUint(found.Gid, 10, 32)
			return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		}
	}
	t.Skip("another user than root is not there to run postgresql")
	return nil
}
