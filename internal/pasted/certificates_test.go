package pasted

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/binary"
	"encoding/pem"
	"math/big"
	"strings"
	"testing"
	"time"
)

// authority is a certificate and its key, both in DER.
func authority(t testing.TB) (certificate, key []byte) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(7), Subject: pkix.Name{CommonName: "test"}, NotAfter: time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC),
		IsCA: true, BasicConstraintsValid: true,
	}
	certificate, err = x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	if key, err = x509.MarshalPKCS8PrivateKey(private); err != nil {
		t.Fatal(err)
	}
	return certificate, key
}

func armour(label string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: label, Bytes: der}))
}

func TestCertificates(t *testing.T) {
	t.Parallel()
	first, key := authority(t)
	second, _ := authority(t)
	negative := bytes.Replace(first, []byte{0x02, 0x01, 0x07}, []byte{0x02, 0x01, 0x87}, 1)
	pkcs7 := append([]byte{0x30, 0x80, 0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}, first...)
	pkcs12 := append([]byte{0x30, 0x82, 0x01, 0x00, 0x02, 0x01, 0x03}, first...)
	one, two := armour("CERTIFICATE", first), armour("CERTIFICATE", second)
	windows := func(text string) string { return strings.ReplaceAll(text, "\n", "\r\n") }
	for name, c := range map[string]struct {
		raw   []byte
		count int
		want  []string
	}{
		"PEM":                        {raw: []byte(one), count: 1},
		"two":                        {raw: []byte("# comment\n" + one + "subject=test\n\n" + two), count: 2},
		"byte order mark":            {raw: []byte(mark + one), count: 1},
		"marks before both":          {raw: []byte(mark + windows(one) + mark + two), count: 2},
		"lines of Windows":           {raw: []byte(windows(one + two)), count: 2},
		"lines of old Macs":          {raw: []byte(strings.ReplaceAll(one+two, "\n", "\r")), count: 2},
		"indented":                   {raw: []byte("  " + strings.ReplaceAll(one+two, "\n", "\n  ")), count: 2},
		"joined without a line end":  {raw: []byte(strings.TrimSpace(one) + two), count: 2},
		"UTF-16":                     {raw: wideText(windows(one+two), binary.LittleEndian, true), count: 2},
		"UTF-16, big endian":         {raw: wideText(one, binary.BigEndian, true), count: 1},
		"UTF-16, unmarked":           {raw: wideText(one, binary.LittleEndian, false), count: 1},
		"DER":                        {raw: first, count: 1},
		"DER twice":                  {raw: append(bytes.Clone(first), second...), count: 2},
		"nothing":                    {want: []string{"is empty"}},
		"blanks":                     {raw: []byte(" \n"), want: []string{"is empty"}},
		"prose":                      {raw: []byte("0ur authority"), want: []string{"no PEM certificate"}},
		"a negative serial":          {raw: []byte(armour("CERTIFICATE", negative)), want: []string{"has one block, which is a certificate that cannot be used", "negative serial"}},
		"it is the second":           {raw: []byte(one + armour("CERTIFICATE", negative)), want: []string{"has 2 blocks, of which number 2 is a certificate that cannot be used", "negative serial"}},
		"the same in DER":            {raw: negative, want: []string{"certificate in DER that cannot be used", "negative serial"}},
		"a damaged one":              {raw: []byte(one + strings.Replace(two, "MII", "M*I", 1)), want: []string{"number 2 is damaged"}},
		"a cut one":                  {raw: []byte(one + two[:len(two)/2]), want: []string{"number 2 is damaged"}},
		"no certificate in it":       {raw: []byte(armour("CERTIFICATE", []byte("x"))), want: []string{"cannot be used"}},
		"a private key":              {raw: []byte(one + armour("PRIVATE KEY", key)), want: []string{"number 2 is a private key", "replace the key"}},
		"an encrypted key":           {raw: []byte("-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nAAAA\n-----END RSA PRIVATE KEY-----\n" + one), want: []string{"number 1 is a private key"}},
		"a private key in DER":       {raw: key, want: []string{"is a private key"}},
		"PKCS #7":                    {raw: []byte(armour("PKCS7", pkcs7)), want: []string{"PKCS #7", "openssl pkcs7"}},
		"PKCS #7 in DER":             {raw: pkcs7, want: []string{"PKCS #7", "openssl pkcs7 -inform DER"}},
		"PKCS #12":                   {raw: pkcs12, want: []string{"PKCS #12", "openssl pkcs12"}},
		"a request":                  {raw: []byte(armour("CERTIFICATE REQUEST", first)), want: []string{"is a request for a certificate"}},
		"OpenSSL's own":              {raw: []byte(armour("TRUSTED CERTIFICATE", first)), want: []string{"openssl x509"}},
		"a revocation list":          {raw: []byte(one + armour("X509 CRL", first)), want: []string{"number 2 is no certificate"}},
		"base64 of a file":           {raw: []byte(base64.StdEncoding.EncodeToString([]byte(one))), want: []string{"base64 once too often"}},
		"base64 without the lines":   {raw: []byte(base64.StdEncoding.EncodeToString(first)), want: []string{"without the lines BEGIN"}},
		"line breaks as two letters": {raw: []byte(strings.ReplaceAll(one, "\n", `\n`)), want: []string{`\ and n`}},
	} {
		got, err := Certificates(c.raw)
		switch {
		case c.want == nil && (err != nil || len(got) != c.count):
			t.Errorf("%s: %d certificates, %v", name, len(got), err)
		case c.want == nil:
			text, err := PEM(c.raw)
			if again, _ := Certificates([]byte(text)); err != nil || len(again) != c.count || strings.Contains(text, mark) {
				t.Errorf("%s as PEM: %v", name, err)
			}
		case err == nil:
			t.Errorf("%s: was read", name)
		default:
			for _, want := range append(c.want, ": ") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%s: %v", name, err)
				}
			}
		}
	}
	if !bytes.Contains(negative, []byte{0x02, 0x01, 0x87}) {
		t.Error("the serial number was not found")
	}
}

// No certificate is lost in silence, and no error is unfit for a condition.
func FuzzCertificates(f *testing.F) {
	first, key := authority(f)
	one := armour("CERTIFICATE", first)
	for _, raw := range [][]byte{[]byte(one), first, key, []byte(mark + one + mark + one), wideText(one, binary.LittleEndian, true), []byte(armour("PRIVATE KEY", key))} {
		f.Add(raw)
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		got, err := Certificates(raw)
		switch {
		case err != nil && (got != nil || len(err.Error()) > 1024):
			t.Errorf("%d certificates, %v", len(got), err)
		case err == nil && len(got) == 0:
			t.Error("nothing was read, and nothing said")
		case err == nil && strings.Count(narrow(raw), begin) > len(got):
			t.Error("a block was passed over")
		}
	})
}
