// Package connect prepares a customer: it reads credentials without showing them,
// asks Webex what they are good for, and makes the objects to write.
package connect

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/webex-operator/webex-license-operator/internal/access"
)

// Credentials are values for keys of a Secret. They print and marshal as [redacted].
type Credentials map[string]string

const hidden = "[redacted]"

// Format hides the values, whatever the verb.
func (c Credentials) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hidden) }

// MarshalJSON hides the values.
func (c Credentials) MarshalJSON() ([]byte, error) { return []byte(`"` + hidden + `"`), nil }

// Entry is a key of the Secret, and how a person gives its value.
type Entry struct {
	// Key is the Secret's.
	Key string
	// Flag is without its dashes. It takes the value itself, or if that is Secret the
	// place to read it from.
	Flag   string
	Secret bool
	// Name is what the value is called.
	Name string
}

// Entries are all keys that can be given, in the order of help.
var Entries = []Entry{
	{access.KeyAccessToken, "token-file", true, "access token"},
	{access.KeyClientID, "client-id", false, "client id"},
	{access.KeyClientSecret, "client-secret-file", true, "client secret"},
	{access.KeyRefreshToken, "refresh-token-file", true, "refresh token"},
	{access.KeyApplicationID, "application-id", false, "application id"},
	{access.KeyBootstrapToken, "bootstrap-token-file", true, "bootstrap token"},
	{access.KeyBootstrapClientID, "bootstrap-client-id", false, "client id of the bootstrap integration"},
	{access.KeyBootstrapClientSecret, "bootstrap-client-secret-file", true, "client secret of the bootstrap integration"},
	{access.KeyBootstrapRefreshToken, "bootstrap-refresh-token-file", true, "refresh token of the bootstrap integration"},
	{access.KeyProxyUsername, "proxy-username", false, "user name for the proxy"},
	{access.KeyProxyPassword, "proxy-password-file", true, "password for the proxy"},
}

// OfWebex says whether the key is for Webex, and not for a proxy on the way.
func (e Entry) OfWebex() bool {
	return e.Key != access.KeyProxyUsername && e.Key != access.KeyProxyPassword
}

// EntryOf is the entry of a key.
func EntryOf(key string) Entry {
	for _, e := range Entries {
		if e.Key == key {
			return e
		}
	}
	panic("no entry for key " + key)
}

// maxValue bounds what is read for one value: a token has a few hundred bytes.
const maxValue = 64 << 10

// environment marks the name of a variable.
const environment = "env:"

// Reader reads values from where flags say.
type Reader struct {
	In     io.Reader
	Getenv func(string) string
	stdin  string // the flag that has taken the input
}

// Read returns the value of an entry, given that of its flag. An error names the
// flag and never what it was given: it may be the token, typed by mistake.
func (r *Reader) Read(e Entry, source string) (string, error) {
	value := source
	if e.Secret {
		text, err := r.open(e, source)
		if err != nil {
			return "", err
		}
		value = text
	}
	return Check(e, value)
}

// Check reads the value of an entry as runs do, and refuses what they would refuse, such as a whole JSON answer.
func Check(e Entry, value string) (string, error) {
	value, err := access.ReadValue(e.Key, []byte(value))
	switch {
	case err != nil:
		return "", fmt.Errorf("the %s (--%s) %w", e.Name, e.Flag, err)
	case value == "":
		return "", fmt.Errorf("the %s is empty (--%s): give the value alone", e.Name, e.Flag)
	}
	return value, nil
}

func (r *Reader) open(e Entry, source string) (string, error) {
	if name, ok := strings.CutPrefix(source, environment); ok {
		value := r.Getenv(name)
		if value == "" {
			return "", fmt.Errorf("--%s names a variable that is not set or empty: export it, or name a file", e.Flag)
		}
		return value, nil
	}
	in := r.In
	if source == "-" {
		if r.stdin != "" {
			return "", fmt.Errorf("--%s and --%s both read the standard input: name a file for one of them", r.stdin, e.Flag)
		}
		r.stdin = e.Flag
	} else {
		file, err := os.Open(source)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return "", fmt.Errorf("--%s names no file: give the path of a file with the %s in it, - for the standard input, or env:NAME for a variable; never the value itself, which would stay in the history of the shell", e.Flag, e.Name)
		case err != nil:
			return "", fmt.Errorf("the file of --%s cannot be read: see its rights", e.Flag)
		}
		defer func() { _ = file.Close() }()
		in = file
	}
	data, err := io.ReadAll(io.LimitReader(in, maxValue+1))
	switch {
	case err != nil:
		return "", fmt.Errorf("the file of --%s cannot be read: name a file with the %s alone in it", e.Flag, e.Name)
	case len(data) > maxValue:
		return "", fmt.Errorf("the file of --%s is longer than any token: name a file with the %s alone in it", e.Flag, e.Name)
	}
	return string(data), nil
}
