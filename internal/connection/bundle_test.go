package connection

import (
	"crypto/x509"
	"encoding/pem"
	"testing"

	. "github.com/onsi/gomega"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"
	"sigs.k8s.io/controller-runtime/pkg/client/fake"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/failures"
)

// A bundle is read from wherever kubectl puts a file, and a certificate of it that cannot be used is named by its number.
func TestBundleOfEveryPlace(t *testing.T) {
	t.Parallel()
	good := newAuthority(t)
	der := good.certificate.Raw
	armoured := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	damaged := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: []byte("none")})
	for name, c := range map[string]struct {
		object client.Object
		want   string
	}{
		"text":               {object: &corev1.ConfigMap{Data: map[string]string{"ca.crt": string(armoured)}}},
		"text with a mark":   {object: &corev1.ConfigMap{Data: map[string]string{"ca.crt": "\ufeff" + string(armoured)}}},
		"binary data":        {object: &corev1.ConfigMap{BinaryData: map[string][]byte{"ca.crt": der}}},
		"a Secret":           {object: &corev1.Secret{Data: map[string][]byte{"ca.crt": der}}},
		"the second is none": {object: &corev1.Secret{Data: map[string][]byte{"ca.crt": append(armoured, damaged...)}}, want: `key "ca.crt" of Secret "ca" of spec.connection.caBundleRef has 2 blocks, of which number 2 `},
		"another key":        {object: &corev1.ConfigMap{Data: map[string]string{"ca.pem": string(armoured)}}, want: `ConfigMap "ca" of spec.connection.caBundleRef has no key "ca.crt"`},
		"nothing under it":   {object: &corev1.ConfigMap{Data: map[string]string{"ca.crt": ""}}, want: "is empty"},
	} {
		t.Run(name, func(t *testing.T) {
			g := NewWithT(t)
			c.object.SetNamespace("ns")
			c.object.SetName("ca")
			ref := &v1alpha1.CABundleReference{Name: "ca", Key: "ca.crt", Kind: v1alpha1.CABundleKindConfigMap}
			if _, ok := c.object.(*corev1.Secret); ok {
				ref.Kind = v1alpha1.CABundleKindSecret
			}
			network := &Network{Live: fake.NewClientBuilder().WithObjects(c.object).Build()}
			pool, _, err := network.caBundle(t.Context(), "ns", &v1alpha1.Connection{CABundleRef: ref})
			if c.want != "" {
				g.Expect(err).To(MatchError(ContainSubstring(c.want)))
				g.Expect(failures.Of(t.Context(), err).Reason).To(Equal(v1alpha1.ReasonCABundleInvalid))
				return
			}
			g.Expect(err).NotTo(HaveOccurred())
			_, err = good.certificate.Verify(x509.VerifyOptions{Roots: pool, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
			g.Expect(err).NotTo(HaveOccurred())
		})
	}
}
