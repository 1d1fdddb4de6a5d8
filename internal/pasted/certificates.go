package pasted

import (
	"bytes"
	"crypto/x509"
	"encoding/base64"
	"encoding/pem"
	"errors"
	"fmt"
	"strings"
	"unicode/utf8"
)

// Certificates reads certificate authorities: PEM or DER, with a byte order mark, in UTF-16, with blanks before lines, whatever
// Windows and its editors make of a file. The error continues a sentence that begins with the key, and names the certificate
// of the bundle that it is about by its number.
func Certificates(raw []byte) ([]*x509.Certificate, error) {
	if len(bytes.TrimSpace(raw)) == 0 {
		return nil, errors.New("is empty: put the certificate authority there, as PEM")
	}
	text := narrow(raw)
	switch {
	case strings.Contains(text, begin):
		return ofPEM(text)
	case raw[0] == 0x30: // a sequence of ASN.1, and the digit 0
		if certificates, err := ofDER(raw); err == nil || !printable(text) {
			return certificates, err
		}
	}
	inner, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(text), ""))
	switch {
	case err != nil || len(inner) == 0 || inner[0] != 0x30 && !strings.Contains(narrow(inner), begin):
		return nil, errors.New("has no PEM certificate: put the certificate authority there, with its lines BEGIN and END CERTIFICATE")
	case strings.Contains(narrow(inner), begin):
		return nil, errors.New("is encoded in base64 once too often: put the file there as it is")
	default:
		return nil, errors.New("has base64 without the lines BEGIN and END CERTIFICATE: put the whole file there")
	}
}

// PEM reads certificate authorities, and returns them as text that goes into a ConfigMap: as they are, comments included,
// if they are text, and else anew.
func PEM(raw []byte) (string, error) {
	certificates, err := Certificates(raw)
	if err != nil || utf8.Valid(raw) && narrow(raw) == string(raw) && strings.Contains(string(raw), begin) {
		return string(raw), err
	}
	var text strings.Builder
	for _, certificate := range certificates {
		text.Write(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw}))
	}
	return text.String(), nil
}

const begin = "-----BEGIN "

func printable(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r < ' ' && r != '\n' && r != '\r' && r != '\t' || r > '~' })
}

// ofPEM reads each block. The decoder of the library passes over those that it does not like, in silence.
func ofPEM(text string) ([]*x509.Certificate, error) {
	parts := strings.Split(text, begin)[1:]
	certificates := make([]*x509.Certificate, 0, len(parts))
	for i, part := range parts {
		which := "has one block, which"
		if len(parts) > 1 {
			which = fmt.Sprintf("has %d blocks, of which number %d", len(parts), i+1)
		}
		block, err := blockOf(part)
		if err != nil {
			return nil, fmt.Errorf("%s %w", which, err)
		}
		certificate, err := x509.ParseCertificate(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("%s is a certificate that cannot be used (%s): take it out, or have the authority issue it anew", which, flaw(err))
		}
		certificates = append(certificates, certificate)
	}
	return certificates, nil
}

// blockOf decodes what follows the word BEGIN, to the end of the block. Blanks before lines come from YAML.
func blockOf(part string) (*pem.Block, error) {
	label, _, _ := strings.Cut(part, "-----")
	if err := kindOf(label); err != nil {
		return nil, err
	}
	if strings.Contains(part, `\n`) {
		return nil, errors.New(`has the two characters \ and n in place of line breaks: put the file there with its lines`)
	}
	var lines strings.Builder
	for line := range strings.SplitSeq(strings.ReplaceAll(part, "\r", "\n"), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			lines.WriteString(line + "\n")
		}
	}
	block, _ := pem.Decode([]byte(begin + lines.String()))
	if block == nil {
		return nil, errors.New("is damaged: copy it again, from the line BEGIN to the line END")
	}
	return block, nil
}

// kindOf says what a block is that is no certificate.
func kindOf(label string) error {
	switch {
	case label == "CERTIFICATE", label == "X509 CERTIFICATE", label == "X.509 CERTIFICATE":
		return nil
	case strings.HasSuffix(label, "PRIVATE KEY"):
		return errors.New("is a private key: take it out, and replace the key, since all who read the bundle have it")
	case label == "PKCS7", label == "CMS":
		return errPKCS7
	case strings.HasSuffix(label, "CERTIFICATE REQUEST"):
		return errors.New("is a request for a certificate: put the certificate of the authority there")
	case label == "TRUSTED CERTIFICATE":
		return errors.New("is a certificate in the form of OpenSSL alone: convert it with openssl x509 -in FILE -out FILE.pem")
	default:
		return errors.New("is no certificate: put those of authorities there alone")
	}
}

var errPKCS7 = errors.New("is a PKCS #7 bundle: convert it with openssl pkcs7 -print_certs -in FILE -out FILE.pem")

// ofDER reads certificates in a row.
func ofDER(raw []byte) ([]*x509.Certificate, error) {
	certificates, err := x509.ParseCertificates(raw)
	if err == nil {
		return certificates, nil
	}
	signed := []byte{0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x07, 0x02}
	switch at := bytes.Index(raw, signed); {
	case at >= 0 && at <= 8:
		return nil, errors.New("is a PKCS #7 bundle: convert it with openssl pkcs7 -inform DER -print_certs -in FILE -out FILE.pem")
	case isKey(raw):
		return nil, errors.New("is a private key: put the certificate of the authority there, and replace the key, since all who read the bundle have it")
	case bytes.Contains(raw[:min(len(raw), 8)], []byte{0x02, 0x01, 0x03}):
		return nil, errors.New("is a PKCS #12 store, as of .pfx files: convert it with openssl pkcs12 -cacerts -nokeys -in FILE -out FILE.pem")
	}
	return nil, fmt.Errorf("is a certificate in DER that cannot be used (%s): copy it again, or have the authority issue it anew", flaw(err))
}

func isKey(der []byte) bool {
	for _, parse := range []func([]byte) error{
		func(b []byte) error { _, err := x509.ParsePKCS8PrivateKey(b); return err },
		func(b []byte) error { _, err := x509.ParsePKCS1PrivateKey(b); return err },
		func(b []byte) error { _, err := x509.ParseECPrivateKey(b); return err },
	} {
		if parse(der) == nil {
			return true
		}
	}
	return false
}

// flaw is what the library has against a certificate, which is public.
func flaw(err error) string { return strings.TrimPrefix(err.Error(), "x509: ") }
