package webex

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
)

// What is wrong with the certificate that a server, or a proxy on the way, shows. All begin alike, and none passes by
// itself within a call.
const (
	errCertificate          = cause("the server's certificate is not trusted")
	errCertificateExpired   = cause("the server's certificate is not trusted, since it, or that of its authority, has expired by this machine's clock")
	errCertificateTooYoung  = cause("the server's certificate is not trusted, since it, or that of its authority, is not valid yet by this machine's clock")
	errCertificateHost      = cause("the server's certificate is not trusted, since it is for another host name")
	errCertificateMalformed = cause("the server's certificate is not trusted, since it is malformed")
	errCertificateUsage     = cause("the server's certificate is not trusted, since its authority may not issue it")
)

// certificateCause says what is wrong with a certificate, if that is it.
func certificateCause(err error) (cause, bool) {
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		switch {
		case invalid.Reason != x509.Expired:
			return errCertificateUsage, true
		case strings.Contains(invalid.Detail, " is before "): // the library has one reason for both
			return errCertificateTooYoung, true
		}
		return errCertificateExpired, true
	}
	switch {
	case is[x509.HostnameError](err):
		return errCertificateHost, true
	case is[*tls.CertificateVerificationError](err), is[x509.UnknownAuthorityError](err):
		return errCertificate, true
	case err != nil && strings.Contains(err.Error(), "failed to parse certificate from server"): // it has no type
		return errCertificateMalformed, true
	}
	return "", false
}
