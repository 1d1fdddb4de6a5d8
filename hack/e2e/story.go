package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/controlplane"
	"github.com/webex-operator/webex-license-operator/test/operator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const (
	chart     = "charts/webex-license-operator"
	release   = "webex-license-operator"
	namespace = "webex-license-operator-system"
)

// story is one going through it. Its commands run in the repository, where make starts it.
type story struct {
	directory string // for files that are not needed afterwards
	bin       string // the first directory of PATH

	cluster   *controlplane.ControlPlane
	client    client.Client
	simulator *webexsim.Server
	truth     map[string]string // what the rows have to say
	pod       *operator.Pod
	log       operator.Log
	err       error // what has ended the story
}

// tell is the story. The first error ends it: nothing is done after one.
func (s *story) tell(ctx context.Context) {
	s.do(func() error { return s.prepare(ctx) })
	if s.err != nil {
		return
	}
	base, err := url.Parse(s.simulator.URL())
	if err != nil {
		s.err = err
		return
	}
	values := []string{"--namespace", namespace, "--set", "allowedAPIHosts={" + base.Host + "}"}

	s.say("1. An administrator installs the operator")
	s.run(ctx, "helm", append([]string{"install", release, chart, "--create-namespace"}, values...)...)
	s.start(ctx)

	s.say("2. A person adds a customer, and sees its licences")
	s.run(ctx, "kubectl", "webex", "connect", "acme", "--token-file", filepath.Join(s.directory, "token"),
		"--base-url", s.simulator.URL(), "--ca-bundle-file", filepath.Join(s.directory, "ca.crt"), "--yes", "--wait")
	s.run(ctx, "kubectl", "get", "webexcustomeraccesses,webexlicenses")
	rows := s.rows(ctx)
	s.say("%d rows, and each says what the simulated Webex counts", len(rows))

	s.say("3. The administrator upgrades: a third replica, and more runs at a time")
	s.stop()
	s.run(ctx, "helm", append([]string{"upgrade", release, chart, "--set", "replicas=3,extraArgs={--max-concurrent-syncs=16}"}, values...)...)
	s.start(ctx)
	s.run(ctx, "kubectl", "webex", "sync", "acme", "--wait")
	s.same(rows, s.rows(ctx))
	s.say("the same rows")

	s.say("4. The administrator uninstalls")
	s.stop()
	s.run(ctx, "helm", "uninstall", release, "--namespace", namespace)
	s.gone(ctx)
	s.run(ctx, "kubectl", "get", "webexlicenses", "--field-selector", "spec.level=Site")
	s.same(rows, s.rows(ctx))
	s.say("the operator is gone; its customer and all %d rows are still there", len(rows))
}

// do does something unless an error has ended the story.
func (s *story) do(step func() error) {
	if s.err == nil {
		s.err = step()
	}
}

func (s *story) say(format string, args ...any) {
	s.do(func() error { say(format, args...); return nil })
}

// prepare starts the cluster and the simulator, and builds what users would download.
func (s *story) prepare(ctx context.Context) error {
	say("building the manager and kubectl-webex")
	if err := os.Mkdir(s.bin, 0o700); err != nil {
		return err
	}
	for program, source := range map[string]string{"manager": ".", "kubectl-webex": "./cmd/kubectl-webex"} {
		build := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(s.bin, program), source) //nolint:gosec // our own source
		if out, err := build.CombinedOutput(); err != nil {
			return fmt.Errorf("building %s: %w\n%s", program, err, out)
		}
	}
	var err error
	if s.cluster, err = controlplane.Start(ctx, controlplane.Options{ControllerManager: true, Log: say}); err != nil {
		return err
	}
	helm, err := filepath.Abs(filepath.Join("bin", "tools", "helm"))
	if err != nil {
		return err
	}
	if err := errors.Join(
		os.Symlink(filepath.Join(s.cluster.AssetsDir, "kubectl"), filepath.Join(s.bin, "kubectl")),
		os.Symlink(helm, filepath.Join(s.bin, "helm")),
	); err != nil {
		return err
	}
	if s.client, err = client.New(s.cluster.Config, client.Options{Scheme: operator.Scheme()}); err != nil {
		return err
	}
	say("starting a simulated Webex with one organization")
	if s.simulator, err = webexsim.New(webexsim.Options{TLS: true}); err != nil {
		return err
	}
	spec := webexsim.StandardOrganization()
	organization := s.simulator.AddOrganization(spec)
	s.truth = operator.Expected(spec.Name, organization.Truth(), spec.Licenses)
	token := s.simulator.IssueToken(webexsim.TokenSpec{Organization: organization.UUID()})
	return errors.Join(
		os.WriteFile(filepath.Join(s.directory, "token"), []byte(token.Access), 0o600),
		os.WriteFile(filepath.Join(s.directory, "ca.crt"), s.simulator.CACertificate(), 0o600),
	)
}

// run runs a command as a user would type it.
func (s *story) run(ctx context.Context, name string, args ...string) {
	s.do(func() error {
		fmt.Printf("\n$ %s %s\n", name, strings.ReplaceAll(strings.Join(args, " "), s.directory+"/", ""))
		cmd := exec.CommandContext(ctx, filepath.Join(s.bin, name), args...) //nolint:gosec // our own programs
		// Nothing of the user's own settings.
		cmd.Env = append(os.Environ(), "PATH="+s.bin, "KUBECONFIG="+s.cluster.KubeconfigPath, "HOME="+s.directory,
			"HELM_CACHE_HOME=", "HELM_CONFIG_HOME=", "HELM_DATA_HOME=", "XDG_CACHE_HOME=", "XDG_CONFIG_HOME=", "XDG_DATA_HOME=")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s %s: %w", name, args[0], err)
		}
		fmt.Println()
		return nil
	})
}

// start runs the manager as the Deployment says, and waits until it is ready.
func (s *story) start(ctx context.Context) {
	s.do(func() error {
		var deployment appsv1.Deployment
		err := s.client.Get(ctx, client.ObjectKey{Namespace: namespace, Name: release + "-controller-manager"}, &deployment)
		if err != nil {
			return err
		}
		s.pod, err = operator.StartPod(ctx, s.cluster.Config, &deployment, filepath.Join(s.bin, "manager"), s.directory, &s.log)
		if err != nil {
			return err
		}
		say("under its ServiceAccount: manager %s", strings.Join(s.pod.Arguments, " "))
		return s.pod.Ready(ctx)
	})
}

// stop ends the manager as Kubernetes does.
func (s *story) stop() {
	s.do(func() error {
		pod := s.pod
		s.pod = nil
		return pod.Stop()
	})
}

// close ends what was started, the last first.
func (s *story) close() {
	if s.pod != nil {
		s.pod.Kill()
	}
	if s.simulator != nil {
		s.simulator.Close()
	}
	if s.cluster != nil {
		s.err = errors.Join(s.err, s.cluster.Stop())
	}
}

// rows are the licence rows by what identifies each object. They have to be right.
func (s *story) rows(ctx context.Context) map[string]string {
	rows, shown := map[string]string{}, map[string]string{}
	s.do(func() error {
		var list v1alpha1.WebexLicenseList
		if err := s.client.List(ctx, &list); err != nil {
			return err
		}
		for i := range list.Items {
			row := &list.Items[i]
			shown[operator.Key(row)] = operator.Shown(row)
			rows[row.Name+" "+string(row.UID)] = operator.Shown(row)
		}
		if len(rows) == 0 || !maps.Equal(shown, s.truth) {
			return fmt.Errorf("the rows say\n%v\nWebex says\n%v", shown, s.truth)
		}
		return nil
	})
	return rows
}

// same fails unless the rows are the same objects with the same figures.
func (s *story) same(before, now map[string]string) {
	s.do(func() error {
		if !maps.Equal(before, now) {
			return fmt.Errorf("the rows were\n%v\nand are\n%v", before, now)
		}
		return nil
	})
}

// gone fails if there is a Deployment left.
func (s *story) gone(ctx context.Context) {
	s.do(func() error {
		var deployments appsv1.DeploymentList
		if err := s.client.List(ctx, &deployments); err != nil {
			return err
		}
		if n := len(deployments.Items); n > 0 {
			return fmt.Errorf("%d Deployments are left", n)
		}
		return nil
	})
}
