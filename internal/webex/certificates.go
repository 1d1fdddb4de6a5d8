package webex

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"strings"
)

// What is wrong with the certificate that a server, or a proxy on the way, shows. All begin alike, and none passes by
// itself within a call.
var (
	errCertificate          = cause{"the server's certificate is not trusted", "give the certificate authority of the API or the proxy to this client"}
	errCertificateExpired   = cause{"the server's certificate is not trusted, since it, or that of its authority, has expired by this machine's clock", "have it renewed where it is served, or set the clock right"}
	errCertificateTooYoung  = cause{"the server's certificate is not trusted, since it, or that of its authority, is not valid yet by this machine's clock", "set the clock right, or wait until it is valid"}
	errCertificateHost      = cause{"the server's certificate is not trusted, since it is for another host name", "write the host of the base URL or the proxy as the certificate has it, or have it issued for that host"}
	errCertificateMalformed = cause{"the server's certificate is not trusted, since it is malformed", "have it issued anew where it is served"}
	errCertificateUsage     = cause{"the server's certificate is not trusted, since its authority may not issue it", "have it issued anew for a server, by an authority that may"}
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
	return cause{}, false
}
