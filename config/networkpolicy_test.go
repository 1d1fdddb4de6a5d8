package config

import (
	"testing"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/test/controlplane"
)

// testNetworkPolicy reads the policy as the network would: there are no pods here whose
// packets could show it. The address of a peer is left out, as none of the rules names one.
func testNetworkPolicy(t *testing.T, cluster *controlplane.ControlPlane, deployment *appsv1.Deployment) {
	kubectl(t, cluster, "apply", "--server-side", "-k", "network-policy")
	policy := &networkingv1.NetworkPolicy{}
	name := client.ObjectKey{Namespace: systemNamespace, Name: "webex-license-operator-controller-manager"}
	if err := as(t, cluster, "root", "system:masters").Get(t.Context(), name, policy); err != nil {
		t.Fatal(err)
	}
	template := deployment.Spec.Template
	if !matches(t, &policy.Spec.PodSelector, template.Labels) {
		t.Fatal("the policy does not select the manager's pod")
	}
	if len(policy.Spec.PolicyTypes) != 2 {
		t.Fatalf("the policy is for %v only", policy.Spec.PolicyTypes)
	}

	prometheus, tenant := map[string]string{"metrics": "enabled"}, map[string]string{"team": "a"}
	for _, tc := range []struct {
		what string
		from map[string]string // labels of the namespace
		port int32
		want bool
	}{
		{"Prometheus reads metrics", prometheus, 8443, true},
		{"a tenant reads metrics", tenant, 8443, false},
		{"Prometheus looks at the probes", prometheus, 8081, false},
		{"a tenant looks at the probes", tenant, 8081, false},
	} {
		got := false
		for _, rule := range policy.Spec.Ingress {
			got = got || fromNamespace(t, rule.From, tc.from) && toPort(rule.Ports, template.Spec.Containers[0].Ports, corev1.ProtocolTCP, tc.port)
		}
		if got != tc.want {
			t.Errorf("%s: %v, want %v", tc.what, got, tc.want)
		}
	}
	for _, tc := range []struct {
		what     string
		protocol corev1.Protocol
		port     int32
		want     bool
	}{
		{"names, by UDP", corev1.ProtocolUDP, 53, true},
		{"names, by TCP", corev1.ProtocolTCP, 53, true},
		{"names of OpenShift, by UDP", corev1.ProtocolUDP, 5353, true},
		{"names of OpenShift, by TCP", corev1.ProtocolTCP, 5353, true},
		{"Webex, and API servers of some clouds", corev1.ProtocolTCP, 443, true},
		{"API servers of the others", corev1.ProtocolTCP, 6443, true},
		{"the metadata service of a cloud, which gives out credentials", corev1.ProtocolTCP, 80, false},
		{"etcd", corev1.ProtocolTCP, 2379, false},
		{"the kubelet", corev1.ProtocolTCP, 10250, false},
		{"a proxy that no rule was added for", corev1.ProtocolTCP, 3128, false},
		{"Webex by QUIC", corev1.ProtocolUDP, 443, false},
	} {
		got := false
		for _, rule := range policy.Spec.Egress {
			if len(rule.To) > 0 {
				t.Errorf("a rule names peers %v: teach the test", rule.To)
			}
			got = got || toPort(rule.Ports, nil, tc.protocol, tc.port)
		}
		if got != tc.want {
			t.Errorf("%s: %v, want %v", tc.what, got, tc.want)
		}
	}
}

// fromNamespace says whether peers let all pods of a namespace with these labels in. Without
// peers a rule is for all.
func fromNamespace(t *testing.T, peers []networkingv1.NetworkPolicyPeer, namespace map[string]string) bool {
	t.Helper()
	for _, peer := range peers {
		if peer.NamespaceSelector == nil || peer.PodSelector != nil || peer.IPBlock != nil {
			t.Fatalf("a rule has the peer %v: teach the test", peer)
		}
		if matches(t, peer.NamespaceSelector, namespace) {
			return true
		}
	}
	return len(peers) == 0
}

// toPort says whether one of the ports is this one; names are those of container ports. A
// rule without ports is for all of them.
func toPort(ports []networkingv1.NetworkPolicyPort, named []corev1.ContainerPort, protocol corev1.Protocol, number int32) bool {
	for _, port := range ports {
		if *port.Protocol != protocol {
			continue
		}
		if port.Port == nil || port.Port.IntVal == number {
			return true
		}
		for _, name := range named {
			if name.Name == port.Port.StrVal && name.ContainerPort == number {
				return true
			}
		}
	}
	return len(ports) == 0
}

func matches(t *testing.T, selector *metav1.LabelSelector, set map[string]string) bool {
	t.Helper()
	s, err := metav1.LabelSelectorAsSelector(selector)
	if err != nil {
		t.Fatal(err)
	}
	return s.Matches(labels.Set(set))
}
