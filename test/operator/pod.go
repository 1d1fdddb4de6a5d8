package operator

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	authenticationv1 "k8s.io/api/authentication/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
	"sigs.k8s.io/controller-runtime/pkg/client"
)

// Pod is the manager as a Deployment describes it, where nothing runs pods: a process with
// the arguments and the environment of its container, the volumes that this mounts, and a
// token of its ServiceAccount, so that it has the rights which were installed and no others.
//
// Three things differ, since a process is no pod. The ports of ":8443" and the like are free
// ones of 127.0.0.1. Directories that are mounted are elsewhere, in arguments and environment
// too. The namespace, which a pod reads from a file, is an argument.
type Pod struct {
	*Process
	// Arguments are those that the process got.
	Arguments []string
	// Addresses are those of the container's ports, by their names.
	Addresses map[string]string
}

// StartPod runs the manager as the only container of a Deployment says. The directory takes
// what its volumes hold. What it writes goes to log.
func StartPod(ctx context.Context, config *rest.Config, deployment *appsv1.Deployment, binary, directory string, log *Log) (*Pod, error) {
	c, err := client.New(config, client.Options{Scheme: Scheme()})
	if err != nil {
		return nil, err
	}
	k := kubelet{client: c, config: config, directory: directory, deployment: deployment}
	container := deployment.Spec.Template.Spec.Containers[0]
	mounts, err := k.mount(ctx, container)
	if err != nil {
		return nil, err
	}
	env, err := environment(container)
	if err != nil {
		return nil, err
	}
	kubeconfig, err := k.kubeconfig(ctx)
	if err != nil {
		return nil, err
	}
	pod := &Pod{Addresses: map[string]string{}}
	ports, err := pod.listen(container)
	if err != nil {
		return nil, err
	}
	for _, argument := range container.Args {
		pod.Arguments = append(pod.Arguments, ports.Replace(mounts.Replace(argument)))
	}
	pod.Arguments = append(pod.Arguments, "--leader-election-namespace="+deployment.Namespace)
	cmd := exec.Command(binary, pod.Arguments...) //nolint:noctx,gosec // as Start
	for _, variable := range env {
		cmd.Env = append(cmd.Env, mounts.Replace(variable))
	}
	cmd.Env = append(cmd.Env, "KUBECONFIG="+kubeconfig)
	pod.Process, err = StartCommand(cmd, log)
	return pod, err
}

// Ready waits for what the kubelet's readiness probe waits for.
func (p *Pod) Ready(ctx context.Context) error {
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.Addresses["probes"]+"/readyz", nil)
		if err != nil {
			return err
		}
		if response, err := http.DefaultClient.Do(request); err == nil {
			_ = response.Body.Close()
			if response.StatusCode == http.StatusOK {
				return nil
			}
		}
		select {
		case <-p.Done():
			return errors.Join(errors.New("the manager has ended"), p.Err())
		case <-ctx.Done():
			return fmt.Errorf("the manager is not ready: %w", context.Cause(ctx))
		case <-time.After(50 * time.Millisecond):
		}
	}
}

// listen finds a free port for each port of the container.
func (p *Pod) listen(container corev1.Container) (*strings.Replacer, error) {
	var replace []string
	for _, port := range container.Ports {
		listener, err := net.Listen("tcp", "127.0.0.1:0") //nolint:noctx // opening a local port does not block
		if err != nil {
			return nil, err
		}
		address := listener.Addr().String()
		if err := listener.Close(); err != nil {
			return nil, err
		}
		p.Addresses[port.Name] = address
		replace = append(replace, "=:"+strconv.Itoa(int(port.ContainerPort)), "="+address)
	}
	return strings.NewReplacer(replace...), nil
}

// environment are the variables of the container, in the form of os.Environ.
func environment(container corev1.Container) ([]string, error) {
	var env, replace []string
	for _, variable := range container.Env {
		value := strings.NewReplacer(replace...).Replace(variable.Value)
		if source := variable.ValueFrom; source != nil {
			if source.ResourceFieldRef == nil || source.ResourceFieldRef.Resource != "limits.memory" {
				return nil, fmt.Errorf("the value of %s is from a source that a process does not have", variable.Name)
			}
			memory := container.Resources.Limits[corev1.ResourceMemory]
			value = strconv.FormatInt(memory.Value()/source.ResourceFieldRef.Divisor.Value(), 10)
		}
		replace = append(replace, "$("+variable.Name+")", value)
		env = append(env, variable.Name+"="+value)
	}
	return env, nil
}

// kubelet does for a process what the kubelet does for a pod.
type kubelet struct {
	client     client.Client
	config     *rest.Config
	directory  string
	deployment *appsv1.Deployment
}

// mount writes the volumes of the container, and tells how paths change by that.
func (k kubelet) mount(ctx context.Context, container corev1.Container) (*strings.Replacer, error) {
	volumes := map[string]corev1.VolumeSource{}
	for _, volume := range k.deployment.Spec.Template.Spec.Volumes {
		volumes[volume.Name] = volume.VolumeSource
	}
	var replace []string
	for _, mount := range container.VolumeMounts {
		files, err := k.read(ctx, volumes[mount.Name])
		if err != nil {
			return nil, fmt.Errorf("volume %s: %w", mount.Name, err)
		}
		to := filepath.Join(k.directory, mount.Name)
		if err := writeVolume(to, files); err != nil {
			return nil, err
		}
		replace = append(replace, mount.MountPath, to)
	}
	return strings.NewReplacer(replace...), nil
}

func (k kubelet) read(ctx context.Context, volume corev1.VolumeSource) (map[string][]byte, error) {
	files := map[string][]byte{}
	switch {
	case volume.ConfigMap != nil:
		var configMap corev1.ConfigMap
		err := k.client.Get(ctx, client.ObjectKey{Namespace: k.deployment.Namespace, Name: volume.ConfigMap.Name}, &configMap)
		for name, content := range configMap.Data {
			files[name] = []byte(content)
		}
		return files, err
	case volume.Secret != nil:
		var secret corev1.Secret
		err := k.client.Get(ctx, client.ObjectKey{Namespace: k.deployment.Namespace, Name: volume.Secret.SecretName}, &secret)
		return secret.Data, err
	default:
		return nil, errors.New("neither a ConfigMap nor a Secret")
	}
}

// writeVolume writes files as the kubelet does: the names are links to ..data/<name>, and
// ..data is one to the version at hand.
func writeVolume(directory string, files map[string][]byte) error {
	const version = "..version"
	if err := os.RemoveAll(directory); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(directory, version), 0o700); err != nil {
		return err
	}
	if err := os.Symlink(version, filepath.Join(directory, "..data")); err != nil {
		return err
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(directory, version, name), content, 0o600); err != nil {
			return err
		}
		if err := os.Symlink(filepath.Join("..data", name), filepath.Join(directory, name)); err != nil {
			return err
		}
	}
	return nil
}

// kubeconfig writes one with a token of the ServiceAccount.
func (k kubelet) kubeconfig(ctx context.Context) (string, error) {
	account := &corev1.ServiceAccount{ObjectMeta: metav1.ObjectMeta{
		Namespace: k.deployment.Namespace, Name: k.deployment.Spec.Template.Spec.ServiceAccountName,
	}}
	request := &authenticationv1.TokenRequest{Spec: authenticationv1.TokenRequestSpec{ExpirationSeconds: new(int64(24 * 60 * 60))}}
	if err := k.client.SubResource("token").Create(ctx, account, request); err != nil {
		return "", fmt.Errorf("asking for a token of ServiceAccount %s: %w", account.Name, err)
	}
	kubeconfig := clientcmdapi.NewConfig()
	kubeconfig.Clusters["c"] = &clientcmdapi.Cluster{Server: k.config.Host, CertificateAuthorityData: k.config.CAData}
	kubeconfig.AuthInfos["u"] = &clientcmdapi.AuthInfo{Token: request.Status.Token}
	kubeconfig.Contexts["x"] = &clientcmdapi.Context{Cluster: "c", AuthInfo: "u"}
	kubeconfig.CurrentContext = "x"
	path := filepath.Join(k.directory, "kubeconfig")
	return path, clientcmd.WriteToFile(*kubeconfig, path) // mode 0600
}
