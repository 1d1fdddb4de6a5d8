// Package walk reads the people of an organization in the ways that test/sidebyside compares.
package walk

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"time"
)

// Way is a list of people.
type Way string

const (
	// AllPeople is the list without locations, in pages of 1,000.
	AllPeople Way = "all"
	// CallingData is the list with calling data, of which the location is a part, in pages of 100.
	CallingData Way = "calling-data"
	// NoPeople is no list of people. What is left is the start of a process, and the list of licences.
	NoPeople Way = "none"
)

func noWay(way Way) error {
	return fmt.Errorf("there is no way %q: want %s, %s or %s", way, AllPeople, CallingData, NoPeople)
}

// Result is what a walk found. Each walker prints it as JSON.
type Result struct {
	// People are the entries of the list.
	People int64 `json:"people"`
	// Units are held by people of type person, by the id of the licence. Licences without a holder may be missing.
	Units map[string]int64 `json:"units,omitempty"`
	// Bytes is what the bodies of the pages of people had; 0 if the walker does not count them.
	Bytes int64 `json:"bytes,omitempty"`
	// PeakKiB is the largest memory that the process had resident, as its kernel tells it.
	PeakKiB int64 `json:"peakKiB"`
}

// Service is where to read.
type Service struct {
	BaseURL, Token string
	Transport      *http.Transport
}

// Transport trusts one certificate authority, and else is that of the operator.
func Transport(authority []byte) (*http.Transport, error) {
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(authority) {
		return nil, errors.New("there is no PEM certificate in the file of the certificate authority")
	}
	return &http.Transport{
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
		TLSHandshakeTimeout:    10 * time.Second,
		ForceAttemptHTTP2:      true,
		MaxIdleConnsPerHost:    4,
		IdleConnTimeout:        30 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
	}, nil
}
