package controlplane

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

// helperEnv makes the test binary start a control plane, print its process ids and wait to
// be killed; see TestNothingSurvivesSIGKILL.
const helperEnv = "CONTROLPLANE_TEST_HELPER"

func TestMain(m *testing.M) {
	if os.Getenv(helperEnv) != "" {
		helper()
	}
	os.Exit(m.Run())
}

func TestGarbageCollection(t *testing.T) {
	c := start(t, Options{ControllerManager: true, Log: t.Logf})
	client, err := kubernetes.NewForConfig(c.Config)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()

	ns, err := client.CoreV1().Namespaces().Create(ctx,
		&corev1.Namespace{ObjectMeta: metav1.ObjectMeta{GenerateName: "gc-"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	maps := client.CoreV1().ConfigMaps(ns.Name)
	owner, err := maps.Create(ctx, &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "owner"}}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
	owned := &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{
		Name: "owned",
		OwnerReferences: []metav1.OwnerReference{{
			APIVersion: "v1", Kind: "ConfigMap", Name: owner.Name, UID: owner.UID,
		}},
	}}
	if _, err := maps.Create(ctx, owned, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	if err := maps.Delete(ctx, owner.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the owned ConfigMap is gone", func() bool {
		_, err := maps.Get(ctx, owned.Name, metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})

	if err := client.CoreV1().Namespaces().Delete(ctx, ns.Name, metav1.DeleteOptions{}); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the namespace is gone", func() bool {
		_, err := client.CoreV1().Namespaces().Get(ctx, ns.Name, metav1.GetOptions{})
		return apierrors.IsNotFound(err)
	})
}

// The API server comes back with what it held, by either way of ending it, and a
// restart is no failure.
func TestRestartAPIServer(t *testing.T) {
	c := start(t, Options{})
	failed := c.Failed()
	client, err := kubernetes.NewForConfig(c.Config)
	if err != nil {
		t.Fatal(err)
	}
	maps := client.CoreV1().ConfigMaps(metav1.NamespaceDefault)
	if _, err := maps.Create(t.Context(), &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "kept"}}, metav1.CreateOptions{}); err != nil {
		t.Fatal(err)
	}
	for _, sigkill := range []bool{false, true} {
		old := c.apiserver.cmd.Process.Pid
		if err := c.RestartAPIServer(t.Context(), sigkill); err != nil {
			t.Fatal(err)
		}
		if processExists(old) || c.apiserver.cmd.Process.Pid == old {
			t.Errorf("sigkill %v: process %d is still there", sigkill, old)
		}
		eventually(t, "the ConfigMap is there again", func() bool {
			_, err := maps.Get(t.Context(), "kept", metav1.GetOptions{})
			return err == nil
		})
	}
	select {
	case <-failed:
		t.Errorf("Failed is closed: %v", c.Err())
	default:
	}
	if err := c.Err(); err != nil {
		t.Errorf("Err after restarts: %v", err)
	}
	if err := c.Stop(); err != nil {
		t.Fatal(err)
	}
	<-failed
	if err := c.RestartAPIServer(t.Context(), true); err == nil {
		t.Error("a stopped control plane was restarted")
	}
}

func TestUsersAndStop(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "made by Start") // blanks must not matter
	c := start(t, Options{Dir: dir})

	info, err := os.Stat(c.KubeconfigPath)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("the kubeconfig has mode %v, want 0600: it holds a private key", info.Mode().Perm())
	}
	out, err := exec.CommandContext(t.Context(), filepath.Join(c.AssetsDir, "kubectl"),
		"--kubeconfig", c.KubeconfigPath, "auth", "can-i", "*", "*").CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != "yes" {
		t.Errorf("kubectl auth can-i '*' '*': %s (%v), want yes", out, err)
	}

	// RBAC: a user without roles may nothing.
	stranger := rest.CopyConfig(c.Config)
	stranger.Impersonate = rest.ImpersonationConfig{UserName: "stranger"}
	client, err := kubernetes.NewForConfig(stranger)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := client.CoreV1().Secrets("default").List(t.Context(), metav1.ListOptions{}); !apierrors.IsForbidden(err) {
		t.Errorf("listing Secrets as a stranger: %v, want Forbidden", err)
	}

	pids := []int{c.etcd.cmd.Process.Pid, c.apiserver.cmd.Process.Pid}
	if err := c.Err(); err != nil {
		t.Errorf("Err while running: %v", err)
	}
	began := time.Now()
	if err := c.Stop(); err != nil {
		t.Errorf("Stop: %v", err)
	}
	t.Logf("Stop took %s", time.Since(began).Round(time.Millisecond))
	for _, pid := range pids {
		if processExists(pid) {
			t.Errorf("process %d is there after Stop", pid)
		}
	}
	if err := c.Err(); err != nil {
		t.Errorf("Err after Stop: %v", err)
	}
	if err := c.Stop(); err != nil {
		t.Errorf("the second Stop: %v", err)
	}
}

func TestContextEndsIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c, err := Start(ctx, Options{})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	eventually(t, "the programs have ended and the directory is gone", func() bool {
		_, err := os.Stat(c.Dir)
		return os.IsNotExist(err) && !processExists(c.etcd.cmd.Process.Pid) && !processExists(c.apiserver.cmd.Process.Pid)
	})
}

func TestUnexpectedEndIsReported(t *testing.T) {
	c := start(t, Options{})
	if err := c.etcd.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-c.Failed():
	case <-time.After(startTimeout):
		t.Fatal("Failed was not closed after etcd was killed")
	}
	if err := c.Err(); err == nil || !strings.Contains(err.Error(), "etcd") {
		t.Errorf("Err: %v, want one that names etcd", err)
	}
}

func TestNothingSurvivesSIGKILL(t *testing.T) {
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), helperEnv+"=1")
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = os.Stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var etcd, apiserver int
	var dir string
	if _, err := fmt.Fscan(stdout, &etcd, &apiserver, &dir); err != nil {
		t.Fatalf("the helper did not start a control plane: %v", err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait() // it was killed, which is an error to Wait
	eventually(t, "the programs have ended with their parent", func() bool {
		return !running(etcd) && !running(apiserver)
	})
	removeAbandoned(filepath.Dir(dir))
	if _, err := os.Stat(dir); !os.IsNotExist(err) {
		t.Errorf("the directory of the killed process was not removed: %v", err)
	}
}

func TestPortTakenIsRetried(t *testing.T) {
	// The specs are asked for a port twice: the first time they get one that is in use.
	c := start(t, Options{})
	taken := strings.TrimPrefix(c.Config.Host, "https://127.0.0.1:")
	second := &ControlPlane{AssetsDir: c.AssetsDir, Dir: t.TempDir(), log: t.Logf, stopped: make(chan struct{})}
	p, err := newPKI(filepath.Join(second.Dir, "pki"))
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	second.etcd, _, err = second.startOnFreePort(t.Context(), func(port string) spec {
		asked++
		if asked == 1 {
			port = taken
		}
		return etcdSpec(filepath.Join(second.Dir, strconv.Itoa(asked)), p, port)
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := second.etcd.stop(); err != nil {
		t.Error(err)
	}
	if asked != 2 {
		t.Errorf("started %d times, want 2", asked)
	}
}

func TestMissingAssetsNameTheRemedy(t *testing.T) {
	t.Setenv("KUBEBUILDER_ASSETS", t.TempDir())
	_, err := Start(t.Context(), Options{})
	if err == nil || !strings.Contains(err.Error(), "make controlplane") {
		t.Errorf("%v, want an error that says how to build the programs", err)
	}
}

func TestFailedStartShowsTheLog(t *testing.T) {
	c, err := Start(t.Context(), Options{APIServerArgs: []string{"--no-such-flag"}})
	if err == nil {
		_ = c.Stop()
		t.Fatal("Start succeeded")
	}
	if !strings.Contains(err.Error(), "no-such-flag") {
		t.Errorf("%v, want the end of the log", err)
	}
}

func start(t *testing.T, o Options) *ControlPlane {
	t.Helper()
	began := time.Now()
	// Not the test's context: it ends before cleanups run, and Stop is what is tested.
	c, err := Start(context.WithoutCancel(t.Context()), o)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("started in %s", time.Since(began).Round(time.Millisecond))
	t.Cleanup(func() {
		if err := c.Stop(); err != nil {
			t.Errorf("Stop: %v", err)
		}
	})
	return c
}

// eventually waits for what other processes do; a minute is for overloaded machines.
func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); time.Now().Before(deadline); time.Sleep(readyInterval) {
		if holds() {
			return
		}
	}
	t.Fatalf("not within a minute: %s", what)
}

// running also counts a dead child that was not waited for as gone: what adopts the
// orphans of a test, such as the first process of a container, may never wait for them.
func running(pid int) bool {
	if stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid)); err == nil {
		_, state, _ := strings.Cut(string(stat), ") ")
		return !strings.HasPrefix(state, "Z")
	}
	return processExists(pid)
}

// helper is the process that TestNothingSurvivesSIGKILL kills.
func helper() {
	c, err := Start(context.Background(), Options{})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	fmt.Fprintln(os.Stdout, c.etcd.cmd.Process.Pid, c.apiserver.cmd.Process.Pid, c.Dir)
	select {}
}
