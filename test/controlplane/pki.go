package controlplane

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// pki is the certificate authority of one control plane and what it has signed. Its own key
// is never stored, so that no more can be signed.
type pki struct {
	caPath         string
	caPEM          []byte
	server         keyPair // of etcd and the API server
	admin          keyPair // system:masters at the API server, and the API server's at etcd
	serviceAccount keyPair // signs service account tokens
}

// keyPair is a certificate and its key, as files and in memory.
type keyPair struct {
	certPath, keyPath string
	certPEM, keyPEM   []byte
}

// authority signs certificates.
type authority struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	dir  string
}

func newPKI(dir string) (*pki, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, withDiskRemedy(err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := certTemplate(pkix.Name{CommonName: "controlplane-ca"})
	template.SerialNumber = big.NewInt(1)
	template.IsCA, template.BasicConstraintsValid = true, true
	template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	ca := &authority{key: key, dir: dir}
	if ca.cert, err = x509.ParseCertificate(der); err != nil {
		return nil, err
	}

	p := &pki{caPath: filepath.Join(dir, "ca.crt"), caPEM: encodePEM("CERTIFICATE", der)}
	if err := os.WriteFile(p.caPath, p.caPEM, 0o600); err != nil {
		return nil, withDiskRemedy(err)
	}
	for _, c := range []struct {
		pair    *keyPair
		name    string
		serial  int64
		subject pkix.Name
	}{
		{&p.server, "server", 2, pkix.Name{CommonName: "127.0.0.1"}},
		{&p.admin, "admin", 3, pkix.Name{CommonName: "admin", Organization: []string{"system:masters"}}},
		{&p.serviceAccount, "service-account", 4, pkix.Name{CommonName: "service-account"}},
	} {
		if *c.pair, err = ca.issue(c.name, c.serial, c.subject); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// issue makes a key and a certificate for 127.0.0.1, good for both ends of a connection.
func (a *authority) issue(name string, serial int64, subject pkix.Name) (keyPair, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return keyPair{}, err
	}
	template := certTemplate(subject)
	template.SerialNumber = big.NewInt(serial)
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	template.DNSNames = []string{"localhost"}
	der, err := x509.CreateCertificate(rand.Reader, template, a.cert, key.Public(), a.key)
	if err != nil {
		return keyPair{}, err
	}
	keyDER, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return keyPair{}, err
	}
	pair := keyPair{
		certPath: filepath.Join(a.dir, name+".crt"), certPEM: encodePEM("CERTIFICATE", der),
		keyPath: filepath.Join(a.dir, name+".key"), keyPEM: encodePEM("EC PRIVATE KEY", keyDER),
	}
	if err := os.WriteFile(pair.certPath, pair.certPEM, 0o600); err != nil {
		return keyPair{}, withDiskRemedy(err)
	}
	return pair, withDiskRemedy(os.WriteFile(pair.keyPath, pair.keyPEM, 0o600))
}

// certTemplate is valid from an hour ago, for clocks that are put right meanwhile, for a
// year, which a forgotten demo does not reach.
func certTemplate(subject pkix.Name) *x509.Certificate {
	now := time.Now()
	return &x509.Certificate{
		Subject:   subject,
		NotBefore: now.Add(-time.Hour),
		NotAfter:  now.AddDate(1, 0, 0),
	}
}

func encodePEM(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

// clientTLS is for connections as the admin.
func (p *pki) clientTLS() *tls.Config {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(p.caPEM)
	// An unusable pair shows as a refused connection, whose error is reported.
	cert, _ := tls.X509KeyPair(p.admin.certPEM, p.admin.keyPEM)
	return &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12}
}

// kubeconfig is one for the admin, complete in itself.
func (p *pki) kubeconfig(serverURL string) clientcmdapi.Config {
	const name = "controlplane"
	config := clientcmdapi.NewConfig()
	config.Clusters[name] = &clientcmdapi.Cluster{Server: serverURL, CertificateAuthorityData: p.caPEM}
	config.AuthInfos["admin"] = &clientcmdapi.AuthInfo{ClientCertificateData: p.admin.certPEM, ClientKeyData: p.admin.keyPEM}
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: "admin"}
	config.CurrentContext = name
	return *config
}
