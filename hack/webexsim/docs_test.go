package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// documented is the address that the page serves at.
const documented = "127.0.0.1:8089"

// TestDocumentedExamples starts the simulator as the page says, and makes each of its
// calls in turn. A comment at the end of a line is the status to expect, if it is no
// success. Together they use every control route.
func TestDocumentedExamples(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "..", "test", "webexsim", "README.md"))
	if err != nil {
		t.Fatal(err)
	}
	lines := shellLines(string(page))
	used := map[string]bool{}
	routes := http.NewServeMux()
	for _, route := range webexsim.ControlRoutes() {
		routes.HandleFunc(route, func(http.ResponseWriter, *http.Request) {})
	}
	variables := map[string]string{}
	address := ""
	for _, line := range lines {
		words, comment, err := splitShell(line, variables)
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		name, value, assigns := strings.Cut(words[0], "=")
		switch {
		case len(words) > 2 && words[0] == "go" && words[1] == "run" && words[2] == "./hack/webexsim":
			address = serve(t, words[3:])
		case assigns && len(words) == 1:
			variables[name] = strings.ReplaceAll(value, documented, address)
		case words[0] == "curl":
			r, err := curlRequest(t.Context(), words[1:])
			if err != nil {
				t.Fatalf("%s: %v", line, err)
			}
			_, pattern := routes.Handler(r)
			used[pattern] = true
			if err := try(r, comment); err != nil {
				t.Errorf("%s\n%v", line, err)
			}
		default:
			t.Errorf("the test does not know what to do with the line\n%s", line)
		}
	}
	for _, route := range webexsim.ControlRoutes() {
		if !used[route] {
			t.Errorf("no example of %s", route)
		}
	}
	if len(lines) < 60 {
		t.Errorf("only %d lines were found", len(lines))
	}
}

var shellBlock = regexp.MustCompile("(?ms)^```sh\n(.*?)^```")

// shellLines are the lines of the page's shell blocks, continued ones in one.
func shellLines(page string) (lines []string) {
	for _, block := range shellBlock.FindAllStringSubmatch(page, -1) {
		for line := range strings.Lines(strings.ReplaceAll(block[1], "\\\n", " ")) {
			if line = strings.TrimSpace(line); line != "" && !strings.HasPrefix(line, "#") {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

var shellVariable = regexp.MustCompile(`^\$([A-Z]+)`)

// splitShell splits a command into words as a shell does, as far as the page needs it:
// quotes, backslashes in double quotes, variables, a comment at the end.
func splitShell(line string, variables map[string]string) (words []string, comment string, err error) {
	var word strings.Builder
	inWord, quote := false, byte(0)
	for i := 0; i < len(line); i++ {
		c := line[i]
		switch {
		case quote != '\'' && c == '$':
			match := shellVariable.FindStringSubmatch(line[i:])
			if match == nil || variables[match[1]] == "" {
				return nil, "", fmt.Errorf("an unknown variable at %.20s", line[i:])
			}
			word.WriteString(variables[match[1]])
			inWord, i = true, i+len(match[0])-1
		case quote == '"' && c == '\\':
			i++
			word.WriteByte(line[i])
		case c == quote:
			quote = 0
		case quote == 0 && (c == '\'' || c == '"'):
			inWord, quote = true, c
		case quote == 0 && c == ' ':
			if inWord {
				words = append(words, word.String())
			}
			word.Reset()
			inWord = false
		case quote == 0 && c == '#' && !inWord:
			return words, strings.TrimSpace(line[i+1:]), nil
		case quote == 0 && strings.IndexByte("|&;<>()`*?\\", c) >= 0:
			return nil, "", fmt.Errorf("%q needs quotes, or a shell", c)
		default:
			inWord = true
			word.WriteByte(c)
		}
	}
	if quote != 0 {
		return nil, "", fmt.Errorf("the quote %q is not closed", quote)
	}
	if inWord {
		words = append(words, word.String())
	}
	return words, "", nil
}

// serve runs the command on a free port and returns its address.
func serve(t *testing.T, args []string) string {
	t.Helper()
	found := false
	for i := range args {
		if args[i] == documented {
			args[i], found = "127.0.0.1:0", true
		}
	}
	if !found {
		t.Fatalf("the page does not serve at %s, but its examples call that", documented)
	}
	file := filepath.Join(t.TempDir(), "url")
	ctx, stop := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- run(ctx, append(args, "-url-file", file), io.Discard, io.Discard) }()
	t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			t.Error(err)
		}
	})
	return strings.TrimSuffix(strings.TrimPrefix(waitFor(t, file), "http://"), "/v1")
}

// curlRequest is the request that curl would make.
func curlRequest(ctx context.Context, args []string) (*http.Request, error) {
	method, url, body, header := "", "", "", http.Header{}
	for i := 0; i < len(args); i++ {
		flag := args[i]
		if !strings.HasPrefix(flag, "-") {
			if url != "" {
				return nil, fmt.Errorf("two addresses, %s and %s", url, flag)
			}
			url = flag
			continue
		}
		if flag == "-i" || flag == "-s" {
			continue
		}
		if i++; i == len(args) {
			return nil, fmt.Errorf("%s needs a value", flag)
		}
		switch flag {
		case "-X":
			method = args[i]
		case "-d":
			body = args[i]
			header.Set("Content-Type", "application/x-www-form-urlencoded")
			if method == "" {
				method = http.MethodPost
			}
		case "-H":
			name, value, ok := strings.Cut(args[i], ": ")
			if !ok {
				return nil, fmt.Errorf("%q is no header", args[i])
			}
			header.Set(name, value)
		default:
			return nil, fmt.Errorf("the test does not know %s", flag)
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, url, strings.NewReader(body))
	if err != nil {
		return nil, err
	}
	r.Header = header
	return r, nil
}

// try makes a request and compares the status.
func try(r *http.Request, comment string) error {
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if want, err := strconv.Atoi(comment); err == nil {
		if resp.StatusCode != want {
			return fmt.Errorf("answers %d, the page says %d: %s", resp.StatusCode, want, body)
		}
		return nil
	}
	if resp.StatusCode/100 != 2 {
		return fmt.Errorf("answers %d: %s", resp.StatusCode, body)
	}
	if bytes.Contains(body, []byte(`"error"`)) {
		return fmt.Errorf("answers an error: %s", body)
	}
	return nil
}

func TestSplitShell(t *testing.T) {
	t.Parallel()
	variables := map[string]string{"A": "one", "B": "two words"}
	for line, want := range map[string][]string{
		`curl -d '{"a": "$A"}' $A/x  # 404`: {"curl", "-d", `{"a": "$A"}`, "one/x", "# 404"},
		`a "\"$B\"" ""`:                     {"a", `"two words"`, ""},
		`X="a: b"`:                          {"X=a: b"},
	} {
		words, comment, err := splitShell(line, variables)
		if comment != "" {
			words = append(words, "# "+comment)
		}
		if err != nil || strings.Join(words, "|") != strings.Join(want, "|") {
			t.Errorf("%s: %q, %v, want %q", line, words, err, want)
		}
	}
	for _, line := range []string{`a 'b`, `a $NONE`, `a | b`, `a $(b)`, `a?b`} {
		if words, _, err := splitShell(line, variables); err == nil {
			t.Errorf("%s: no error, but %q", line, words)
		}
	}
	for _, args := range [][]string{{"-d"}, {"--nothing", "x"}, {"-H", "x"}, {"a", "b"}, {":"}} {
		if _, err := curlRequest(t.Context(), args); err == nil {
			t.Errorf("%v: no error", args)
		}
	}
}
