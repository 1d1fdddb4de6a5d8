// Package controlplane starts a real Kubernetes control plane on loopback ports: etcd,
// kube-apiserver and, when asked, kube-controller-manager with the garbage collector. It
// serves make demo and the tests that need owner references to have an effect.
//
// It is not envtest, although it borrows envtest's way to install CRDs. Envtest gives no
// hold on how its children are started, and leaves them running when the test binary is
// killed; it also has no controller manager, and no TLS between the API server and etcd.
//
// Nothing outlives the process that called [Start], whatever ends it: [ControlPlane.Stop],
// the end of the context, a panic or SIGKILL.
package controlplane

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/controller-runtime/pkg/envtest"
)

const (
	// startTimeout bounds the start of one program. Idle machines need 1 s for etcd and 5 s
	// for the API server; the rest is for two cores that compile at the same time.
	startTimeout = 2 * time.Minute
	// portAttempts bounds how often etcd and the API server are started again on another port.
	// A free port can be taken between being found and being used; three times in a row
	// something else is wrong.
	portAttempts = 3
	// needMiB is what must be free in the data directory. etcd reserves two write-ahead log
	// files of 64 MiB each, and grows its database in steps of 16 MiB; the rest is for logs.
	needMiB = 256
)

// Options say what to start. The zero value starts etcd and kube-apiserver in a directory
// under the system's temporary directory, which Stop removes.
type Options struct {
	// CRDPaths are files or directories with CustomResourceDefinitions. They are established
	// when Start returns, and before the controller manager starts: its garbage collector
	// looks for new kinds only every 30 s.
	CRDPaths []string
	// ControllerManager also starts kube-controller-manager, with the controllers that an
	// operator without pods notices: garbage collection, namespaces, service accounts,
	// aggregated cluster roles.
	ControllerManager bool
	// Dir takes data, certificates, logs and the kubeconfig. It is created if need be and
	// survives Stop. Empty means a temporary directory that Stop removes.
	Dir string
	// APIServerArgs are appended to the arguments of kube-apiserver, so that they win over
	// the ones given here, such as --audit-log-path=... to count writes.
	APIServerArgs []string
	// Log gets a line about each step. Nil means silence.
	Log func(format string, args ...any)
}

// ControlPlane is a running control plane.
type ControlPlane struct {
	// Config is that of a member of system:masters, with client-side rate limits off.
	Config *rest.Config
	// KubeconfigPath names a file for kubectl with the same user; it holds a private key and
	// is readable by its owner only.
	KubeconfigPath string
	// Dir is where data, certificates and logs are.
	Dir string
	// AssetsDir is where the programs came from; kubectl is there too.
	AssetsDir string

	log       func(format string, args ...any)
	removeDir bool
	etcd      *process
	store     store
	manager   *process

	// restart is held while the API server is down on purpose.
	restart       sync.Mutex
	apiserver     *process
	apiserverSpec spec

	stopOnce sync.Once
	stopErr  error
	stopped  chan struct{}
}

// Start starts etcd and kube-apiserver (and kube-controller-manager when asked) on free
// loopback ports and returns once they are ready. The control plane stops when ctx ends or
// on Stop, whichever comes first. If Start fails, nothing is left running.
func Start(ctx context.Context, o Options) (*ControlPlane, error) {
	assets, err := AssetsDir()
	if err != nil {
		return nil, err
	}
	c := &ControlPlane{AssetsDir: assets, log: o.Log, stopped: make(chan struct{})}
	if c.log == nil {
		c.log = func(string, ...any) {}
	}
	if err := c.start(ctx, o); err != nil {
		return nil, errors.Join(err, c.Stop())
	}
	go func() {
		select {
		case <-ctx.Done():
			_ = c.Stop() // a later Stop returns the error
		case <-c.stopped:
		}
	}()
	return c, nil
}

// start brings the parts up in the order in which they need each other. On an error the
// caller stops those that are up.
func (c *ControlPlane) start(ctx context.Context, o Options) error {
	if err := c.prepareDir(o.Dir); err != nil {
		return err
	}
	pki, err := newPKI(filepath.Join(c.Dir, "pki"))
	if err != nil {
		return fmt.Errorf("making certificates: %w", err)
	}

	var etcdURL, serverURL string
	if c.etcd, etcdURL, err = c.startOnFreePort(ctx, func(port string) spec { return etcdSpec(c.Dir, pki, port) }); err != nil {
		return err
	}
	c.store = store{url: etcdURL, client: &http.Client{Transport: &http.Transport{TLSClientConfig: pki.clientTLS(), DisableKeepAlives: true}}}
	c.apiserver, serverURL, err = c.startOnFreePort(ctx, func(port string) spec {
		c.apiserverSpec = apiServerSpec(pki, etcdURL, port, o)
		return c.apiserverSpec
	})
	if err != nil {
		return err
	}
	if err := c.writeKubeconfig(pki, serverURL); err != nil {
		return err
	}
	if len(o.CRDPaths) > 0 {
		if _, err := envtest.InstallCRDs(c.Config, envtest.CRDInstallOptions{Paths: o.CRDPaths, ErrorIfPathMissing: true}); err != nil {
			return fmt.Errorf("installing CRDs: %w", err)
		}
	}
	if !o.ControllerManager {
		return nil
	}
	c.manager, err = c.startProcess(ctx, controllerManagerSpec(pki, c.KubeconfigPath, c.Config))
	return err
}

// prepareDir makes the data directory and looks whether the disk has room for it.
func (c *ControlPlane) prepareDir(dir string) error {
	var err error
	if dir == "" {
		removeAbandoned(os.TempDir())
		dir, err = os.MkdirTemp("", fmt.Sprintf("%s%d-", tempPrefix, os.Getpid()))
		c.removeDir = err == nil
	} else {
		err = os.MkdirAll(dir, 0o700)
	}
	if err != nil {
		return fmt.Errorf("making the data directory of the control plane: %w", withDiskRemedy(err))
	}
	if c.Dir, err = filepath.Abs(dir); err != nil {
		return err
	}
	if free, ok := freeMiB(c.Dir); ok && free < needMiB {
		return fmt.Errorf("the disk is too small for a control plane: %d MiB free in %s, %d MiB needed; "+
			"free some space or set TMPDIR to a directory on a larger disk", free, c.Dir, needMiB)
	}
	return nil
}

// startOnFreePort starts a program on a port that was free a moment ago, and tries another
// one if something else was faster.
func (c *ControlPlane) startOnFreePort(ctx context.Context, specFor func(port string) spec) (*process, string, error) {
	for attempt := 1; ; attempt++ {
		port, err := freePort()
		if err != nil {
			return nil, "", fmt.Errorf("finding a free port on 127.0.0.1: %w; is the loopback interface up, and are ports left?", err)
		}
		p, err := c.startProcess(ctx, specFor(port))
		if err == nil {
			return p, "https://127.0.0.1:" + port, nil
		}
		if attempt == portAttempts || !errors.Is(err, errPortTaken) {
			return nil, "", err
		}
		c.log("%v; trying another port", err)
	}
}

// startProcess starts a program and waits until it is ready.
func (c *ControlPlane) startProcess(ctx context.Context, s spec) (*process, error) {
	c.log("starting %s", s.name)
	ctx, cancel := context.WithTimeoutCause(ctx, startTimeout,
		fmt.Errorf("not ready after %s; is the machine overloaded?", startTimeout))
	defer cancel()
	p, err := run(filepath.Join(c.AssetsDir, s.name), filepath.Join(c.Dir, s.name+".log"), s)
	if err != nil {
		return nil, fmt.Errorf("starting %s: %w", s.name, withDiskRemedy(err))
	}
	if err := p.waitReady(ctx, s.ready); err != nil {
		_ = p.stop()
		return nil, fmt.Errorf("starting %s: %w", s.name, err)
	}
	return p, nil
}

// writeKubeconfig sets Config and KubeconfigPath.
func (c *ControlPlane) writeKubeconfig(pki *pki, serverURL string) error {
	c.KubeconfigPath = filepath.Join(c.Dir, "kubeconfig")
	content, err := clientcmd.Write(pki.kubeconfig(serverURL))
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.KubeconfigPath, content, 0o600); err != nil {
		return fmt.Errorf("writing the kubeconfig: %w", withDiskRemedy(err))
	}
	if c.Config, err = clientcmd.RESTConfigFromKubeConfig(content); err != nil {
		return err
	}
	// One process on one machine: the API server's own priority and fairness is limit enough.
	c.Config.QPS = -1
	return nil
}

// RestartAPIServer ends the API server, by SIGKILL or politely, and starts it again on its
// port, with all that etcd holds. Clients see refused connections meanwhile, and watches end.
func (c *ControlPlane) RestartAPIServer(ctx context.Context, sigkill bool) error {
	c.restart.Lock()
	defer c.restart.Unlock()
	select {
	case <-c.stopped:
		return errors.New("the control plane is stopped")
	default:
	}
	end := c.apiserver.stop
	if sigkill {
		end = c.apiserver.kill
	}
	if err := end(); err != nil {
		return err
	}
	for {
		p, err := c.startProcess(ctx, c.apiserverSpec)
		if err == nil {
			c.apiserver = p
			return nil
		}
		// A client on this machine may have got the port for its end of a connection. It has
		// to be this one again, since all clients know it.
		if !errors.Is(err, errPortTaken) || ctx.Err() != nil {
			return err
		}
		c.log("%v; waiting for the port", err)
	}
}

// server is the API server in use; it waits for one that is being restarted.
func (c *ControlPlane) server() *process {
	c.restart.Lock()
	defer c.restart.Unlock()
	return c.apiserver
}

// Failed is closed when one of the programs has ended although it was not asked to; Err
// then says which one and why. It is also closed by Stop, with Err returning nil.
func (c *ControlPlane) Failed() <-chan struct{} {
	failed := make(chan struct{})
	go func() {
		defer close(failed)
		var manager <-chan struct{} // nil, that is, never ready, if there is no controller manager
		if c.manager != nil {
			manager = c.manager.done
		}
		for {
			server := c.server()
			select {
			case <-server.done:
				if c.server() != server {
					continue // it was restarted
				}
			case <-c.etcd.done:
			case <-manager:
			case <-c.stopped:
			}
			return
		}
	}()
	return failed
}

// Err says which program ended by itself, with the end of its log; nil if none did.
func (c *ControlPlane) Err() error {
	for _, p := range []*process{c.etcd, c.server(), c.manager} {
		if p == nil {
			continue
		}
		if err := p.unexpectedExit(); err != nil {
			return err
		}
	}
	return nil
}

// Stop ends all programs and waits for them, the API server before the etcd that it needs.
// A temporary directory is removed. More calls, also at the same time, return the same result.
func (c *ControlPlane) Stop() error {
	c.stopOnce.Do(func() {
		defer close(c.stopped)
		var errs []error
		for _, p := range []*process{c.manager, c.server(), c.etcd} {
			if p != nil {
				errs = append(errs, p.stop())
			}
		}
		if c.removeDir {
			errs = append(errs, os.RemoveAll(c.Dir))
		}
		c.stopErr = errors.Join(errs...)
	})
	return c.stopErr
}
