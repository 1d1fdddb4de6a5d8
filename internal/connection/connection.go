// Package connection is how a customer's API is reached: the hosts that may be named, the proxy, and the certificate
// authorities that are trusted.
package connection

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/http/httpproxy"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/pasted"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// HostPolicy says which hosts the operator's administrator lets customers name.
// An entry is a host name, which stands for its default port, or host:port.
type HostPolicy struct {
	// API are the hosts that connection.baseURL may name.
	API Hosts
	// Proxies are the hosts that connection.proxyURL may name.
	Proxies Hosts
	// Dial makes the connections to all of them; nil is the usual way. Tests have
	// networks of their own.
	Dial func(ctx context.Context, network, address string) (net.Conn, error)
}

// DefaultAPIHosts are Webex's own hosts, commercial and government
// (https://developer.webex.com/docs/webex-for-government).
func DefaultAPIHosts() []string { return []string{"webexapis.com", "api-usgov.webex.com"} }

// Endpoint is where a customer's API is, checked against the policy.
func (p HostPolicy) Endpoint(connection *v1alpha1.Connection) (*url.URL, error) {
	base := webex.DefaultBaseURL
	if connection != nil && connection.BaseURL != "" {
		base = connection.BaseURL
	}
	u, err := pasted.BaseURL(base)
	if err != nil {
		return nil, failures.Terminal(v1alpha1.ReasonHostNotAllowed, "spec.connection.baseURL: %v", err)
	}
	if !p.API.Allow(u) {
		return nil, failures.Terminal(v1alpha1.ReasonHostNotAllowed,
			"spec.connection.baseURL names host %s, which this operator may not talk to: use https://webexapis.com/v1, or ask its administrator to add the host to --allowed-api-hosts", u.Host)
	}
	return u, nil
}

// proxy is the proxy function of a customer: its own proxyURL, or that of the
// operator's environment, which its administrator chose.
func (p HostPolicy) proxy(connection *v1alpha1.Connection) (func(*http.Request) (*url.URL, error), error) {
	config := httpproxy.FromEnvironment()
	if connection != nil && connection.ProxyURL != "" {
		u, err := pasted.ProxyURL(connection.ProxyURL)
		if err != nil {
			return nil, failures.Terminal(v1alpha1.ReasonHostNotAllowed,
				"spec.connection.proxyURL %v; a user name and password go into the Secret of spec.credentialsSecretRef, keys %s and %s", err, KeyProxyUsername, KeyProxyPassword)
		}
		if !p.Proxies.Allow(u) {
			return nil, failures.Terminal(v1alpha1.ReasonHostNotAllowed,
				"spec.connection.proxyURL names host %s, which this operator may not talk to: ask its administrator to add the host to --allowed-proxy-hosts", u.Host)
		}
		config = &httpproxy.Config{HTTPProxy: u.String(), HTTPSProxy: u.String(), NoProxy: strings.Join(connection.NoProxy, ",")}
	}
	choose := config.ProxyFunc()
	return func(r *http.Request) (*url.URL, error) { return choose(r.URL) }, nil
}

// Timeouts bound how long a request to Webex may take. Zero fields take their defaults.
type Timeouts struct {
	// Connect is for the connection, and once more for its encryption; 10 seconds by default.
	Connect time.Duration
	// Request is for the whole request, body included; a minute by default. People
	// with calling data are slow: Webex itself gives up with 504 after less.
	Request time.Duration
}

func (t Timeouts) withDefaults() Timeouts {
	return Timeouts{Connect: cmp.Or(max(t.Connect, 0), 10*time.Second), Request: cmp.Or(max(t.Request, 0), time.Minute)}
}

// Network makes ways to the APIs of customers.
type Network struct {
	// Live reads CA bundles past the cache.
	Live client.Reader
	// Hosts says which hosts customers may name.
	Hosts HostPolicy
	// Timeouts bound how long a request may take.
	Timeouts Timeouts
}

// dial makes connections, each in the time that there is for it.
func (n *Network) dial() func(ctx context.Context, network, address string) (net.Conn, error) {
	dial, limit := n.Hosts.Dial, n.Timeouts.withDefaults().Connect
	if dial == nil {
		dial = (&net.Dialer{}).DialContext
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, limit)
		defer cancel()
		return dial(ctx, network, address)
	}
}

// Client is an HTTP client for one attempt, by a connection whose CA bundle is in this namespace. The caller closes its idle
// connections. The version of the Secret with the CA bundle comes with it, also
// with an error; empty if there is no such Secret.
func (n *Network) Client(ctx context.Context, namespace string, connection *v1alpha1.Connection, login Login) (_ *http.Client, caVersion string, _ error) {
	proxy, err := n.Hosts.proxy(connection)
	if err != nil {
		return nil, "", err
	}
	roots, caVersion, err := n.caBundle(ctx, namespace, connection)
	if err != nil {
		return nil, caVersion, err
	}
	timeouts := n.Timeouts.withDefaults()
	transport := &http.Transport{
		Proxy:                  proxy,
		OnProxyConnectResponse: webex.CheckProxyResponse,
		DialContext:            n.dial(),
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    timeouts.Connect,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        30 * time.Second,
		// Link and Trackingid are the largest headers known, well under 4 KiB together.
		MaxResponseHeaderBytes: 64 << 10,
	}
	if connection != nil && connection.ProxyURL != "" {
		// Not for the proxy of the environment: it belongs to others. The API is
		// https always, so the proxy sees nothing but CONNECT requests, and the API
		// nothing of this header.
		if err := login.fault(); err != nil {
			return nil, caVersion, err
		}
		if login.Username != "" {
			basic := base64.StdEncoding.EncodeToString([]byte(login.Username + ":" + login.Password))
			transport.ProxyConnectHeader = http.Header{"Proxy-Authorization": {"Basic " + basic}}
		}
	}
	return &http.Client{Timeout: timeouts.Request, Transport: transport}, caVersion, nil
}

// Keys of a credentials Secret that log in to the proxy of spec.connection.proxyURL.
const (
	KeyProxyUsername = "proxyUsername"
	KeyProxyPassword = "proxyPassword"
)

// Login is a user name and password for the proxy of spec.connection.proxyURL, and the Secret that they are in.
type Login struct{ Username, Password, Secret string }

// fault is what Basic authentication (RFC 7617) cannot say; nil if nothing.
func (l Login) fault() error {
	switch {
	case l.Username == "" && l.Password != "":
		return failures.Auth(v1alpha1.ReasonSecretKeyMissing, "Secret %q has key %q and no key %q: add it, or remove the password", l.Secret, KeyProxyPassword, KeyProxyUsername)
	case strings.Contains(l.Username, ":"):
		return failures.Auth(v1alpha1.ReasonSecretKeyMissing, "Secret %q has a colon in key %q, which no proxy can be told: put the user name alone there, and the password under key %q", l.Secret, KeyProxyUsername, KeyProxyPassword)
	}
	return nil
}

// caBundle reads the certificate authorities to trust; nil means the system's.
func (n *Network) caBundle(ctx context.Context, namespace string, connection *v1alpha1.Connection) (_ *x509.CertPool, version string, _ error) {
	if connection == nil || connection.CABundleRef == nil {
		return nil, "", nil
	}
	ref := connection.CABundleRef
	bundle, version, err := n.readBundle(ctx, client.ObjectKey{Namespace: namespace, Name: ref.Name}, ref)
	if err != nil {
		return nil, version, err
	}
	certificates, err := pasted.Certificates(bundle)
	if err != nil {
		return nil, version, caBundleInvalid("key %q of %s %q of spec.connection.caBundleRef %v", ref.Key, ref.Kind, ref.Name, err)
	}
	pool := x509.NewCertPool()
	for _, certificate := range certificates {
		pool.AddCert(certificate)
	}
	return pool, version, nil
}

// readBundle reads the bundle, and the version of the Secret that it is in.
func (n *Network) readBundle(ctx context.Context, key client.ObjectKey, ref *v1alpha1.CABundleReference) (bundle []byte, version string, err error) {
	var there bool
	if ref.Kind == v1alpha1.CABundleKindSecret {
		secret := &corev1.Secret{}
		err = n.Live.Get(ctx, key, secret)
		bundle, there = secret.Data[ref.Key]
		version = secret.ResourceVersion
	} else {
		configMap := &corev1.ConfigMap{}
		err = n.Live.Get(ctx, key, configMap)
		var text string
		if text, there = configMap.Data[ref.Key]; there {
			bundle = []byte(text)
		} else {
			bundle, there = configMap.BinaryData[ref.Key] // what kubectl makes of a file that is no UTF-8
		}
	}
	if apierrors.IsNotFound(err) {
		return nil, "", caBundleInvalid("%s %q of spec.connection.caBundleRef does not exist: create it", ref.Kind, ref.Name)
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading the CA bundle: %w", err)
	}
	if !there {
		return nil, version, caBundleInvalid("%s %q of spec.connection.caBundleRef has no key %q: put the certificate authority there", ref.Kind, ref.Name, ref.Key)
	}
	return bundle, version, nil
}

// caBundleInvalid is retried: a bundle is commonly written by another
// controller, and ConfigMaps are not watched.
func caBundleInvalid(format string, args ...any) *failures.Failure {
	return &failures.Failure{Class: webex.ClassTransient, Reason: v1alpha1.ReasonCABundleInvalid, Message: fmt.Sprintf(format, args...)}
}
