package syncrun

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"runtime"
	"slices"
	"sync"
	"testing"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/internal/failures"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// recorded is an answer of the simulator.
type recorded struct {
	page   string
	header http.Header
	body   []byte
}

// recording is a walk's answers by page; a walk over it costs no network.
type recording struct {
	order   []*recorded
	answers map[string]*recorded
}

func (r *recording) add(answer *recorded) {
	r.order, r.answers[answer.page] = append(r.order, answer), answer
}

// pageOf tells the pages of a walk apart.
func pageOf(u *url.URL) string {
	return u.Path + " " + u.Query().Get("cursor") + u.Query().Get("start")
}

// split makes several pages of the only page of a list, which is never asked for in
// pages of less than ten.
func (r *recording) split(t *testing.T, base, list string, size int) {
	t.Helper()
	whole := r.answers["/v1"+list+" "]
	var content struct {
		Items []json.RawMessage `json:"items"`
	}
	if err := json.Unmarshal(whole.body, &content); err != nil {
		t.Fatal(err)
	}
	page, header := whole.page, whole.header
	for i, items := range slices.Collect(slices.Chunk(content.Items, size)) {
		body, err := json.Marshal(map[string]any{"items": items})
		if err != nil {
			t.Fatal(err)
		}
		one := &recorded{page, header.Clone(), body}
		if (i+1)*size < len(content.Items) {
			one.header.Set("Link", fmt.Sprintf("<%s%s?cursor=%d>; rel=\"next\"", base, list, i+1))
			page = fmt.Sprintf("/v1%s %d", list, i+1)
		}
		if i == 0 {
			*whole = *one
			continue
		}
		r.add(one)
	}
}

// record walks once through the simulator and keeps what it answers.
func record(t *testing.T, w *walker) *recording {
	t.Helper()
	r := &recording{answers: map[string]*recorded{}}
	var mu sync.Mutex
	w.transport = roundTrip(func(request *http.Request) (*http.Response, error) {
		answer, err := w.sim.Client().Transport.RoundTrip(request)
		if err != nil {
			return nil, err
		}
		defer answer.Body.Close()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			return nil, err
		}
		mu.Lock()
		r.add(&recorded{pageOf(request.URL), answer.Header, body})
		mu.Unlock()
		answer.Body = io.NopCloser(bytes.NewReader(body))
		return answer, nil
	})
	got, err := w.walk(t.Context())
	w.Expect(err).NotTo(HaveOccurred())
	w.Expect(got).To(Equal(w.truth()))
	return r
}

// spoiled replays a recording, but for one answer: its body breaks after a number
// of bytes, in one way after the other. io.EOF is for a body that looks complete.
type spoiled struct {
	*recording
	page  string
	after int
	mu    sync.Mutex
	how   []error
}

func (s *spoiled) RoundTrip(request *http.Request) (*http.Response, error) {
	page := pageOf(request.URL)
	kept, ok := s.answers[page]
	if !ok {
		return nil, errors.New("no such page: " + page)
	}
	var body io.Reader = bytes.NewReader(kept.body)
	if page == s.page {
		s.mu.Lock()
		var how error
		if len(s.how) > 0 {
			how, s.how = s.how[0], s.how[1:]
		}
		s.mu.Unlock()
		switch {
		case how != nil && s.after < 0:
			return nil, io.ErrUnexpectedEOF // not even a header
		case how != nil:
			body = io.MultiReader(bytes.NewReader(kept.body[:s.after]), broken{how})
		}
	}
	return &http.Response{StatusCode: http.StatusOK, Header: kept.header, Body: io.NopCloser(body), Request: request}, nil
}

type broken struct{ err error }

func (b broken) Read([]byte) (int, error) { return 0, b.err }

// Wherever a connection breaks, at whichever byte of whichever answer of a walk:
// the figures are the truth, or there are none and the run tries again. A try at
// once is enough where the trouble has passed.
func TestWalkCutAnywhere(t *testing.T) {
	t.Parallel()
	w := newWalker(t, webexsim.Generate(webexsim.GeneratorOptions{Seed: 3, People: 3, Licenses: 6, Locations: 2, Workspaces: 2}))
	tape := record(t, w)
	tape.split(t, w.sim.URL(), "/people", 1)
	truth := w.truth()
	type place struct {
		page  string
		after int
	}
	places := make(chan place)
	var work sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		work.Go(func() {
			for at := range places {
				w.cut(t, tape, truth, at.page, at.after)
			}
		})
	}
	count := 0
	for _, answer := range tape.order {
		t.Logf("%5d bytes from %s", len(answer.body), answer.page)
		for after := -1; after < len(answer.body); after++ {
			places <- place{answer.page, after}
			count++
		}
	}
	close(places)
	work.Wait()
	w.Expect(tape.order).To(HaveLen(9), "organizations, licences, locations, roles, three pages of people, two of workspaces")
	t.Logf("%d places", count)
}

// cut walks over an answer that breaks twice in one place: by an error of the
// connection, and by a body that looks complete. Here and there it also walks with
// no second try.
func (w *walker) cut(t *testing.T, tape *recording, truth map[string]string, page string, after int) {
	t.Helper()
	const sample = 29
	walk := func(tries int, how ...error) (map[string]string, error) {
		one := *w
		one.WithT = NewWithT(t)
		one.transport = &spoiled{recording: tape, page: page, after: after, how: how}
		one.change = func(c *webex.Config) {
			c.Retry.Attempts = tries
		}
		return one.walk(context.Background())
	}
	got, err := walk(3, io.ErrUnexpectedEOF, io.EOF)
	if err != nil || !maps.Equal(got, truth) {
		t.Errorf("%s cut after %d bytes: error %v, figures %v", page, after, err, got)
	}
	if after%sample != 0 {
		return
	}
	for _, how := range []error{io.ErrUnexpectedEOF, io.EOF} {
		got, err := walk(1, how)
		if err == nil && maps.Equal(got, truth) {
			continue // nothing but a line break was lost
		}
		failure := failures.Of(context.Background(), err)
		if err == nil || len(got) > 0 || !failure.Retriable() || failure.Class != webex.ClassTransient && failure.Class != webex.ClassPartial {
			t.Errorf("%s cut after %d bytes by %v, no second try: error %v, figures %v", page, after, how, err, got)
		}
	}
}
