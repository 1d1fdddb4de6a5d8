package webex

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/webex-operator/webex-license-operator/internal/webex/wire"
)

const (
	benchOrg      = "11111111-2222-4333-8444-555555555555"
	benchPage     = 100
	benchVariants = 16 // distinct page bodies; the person's number is patched in as a page is served
)

// theOrg is the organization of benchOrg.
var theOrg, _ = ParseOrganizationID(benchOrg)

// license is the kind of a licence in its id.
const license = "LICENSE"

func apiID(kind, name string) string {
	return wire.EncodeID(kind, name)
}

// benchPerson is a record with the members of the documented example, all of them made up.
func benchPerson(b *bytes.Buffer, n int) {
	first := "Person"
	switch n % 20 {
	case 0:
		first = `P\"P\"`
	case 1, 2, 3:
		first = "Pérsôn"
	}
	licence := func(name string) string { return apiID(license, benchOrg+":"+name) }
	fmt.Fprintf(b, `{"id":%q,"emails":["person%07d@acme.example.com"],"phoneNumbers":[{"type":"work","value":"+1 408 526 %04d","primary":true},`+
		`{"type":"mobile","value":"+1 408 555 %04d"}],"extension":"%04d","locationId":%q,"displayName":"%s Number %07d","nickName":"Person",`+
		`"firstName":"Person","lastName":"Number %07d","avatar":"https://avatar.example.com/V1~54c844c89e678e5a7b16a306bc2897b9~wx29yGtlTpilEFlYzqPKag==~1600",`+
		`"orgId":%q,"roles":[%q],"licenses":[%q,%q,%q,%q,%q],"department":"Sales","manager":"Person Number 0000001","managerId":%q,"title":"Engineer",`+
		`"addresses":[{"type":"work","country":"US","locality":"Example City","region":"California","streetAddress":"1 Example Avenue","postalCode":"00000"}],`+
		`"created":"2015-10-18T14:26:16.000Z","lastModified":"2015-10-18T14:26:16.000Z","timezone":"America/Denver","siteUrls":["acme.example.webex.com"],`+
		`"sipAddresses":[{"type":"personal-room","value":"person%07d@acme.example.webex.com","primary":false},{"type":"cloud-calling","value":"person%07d@acme.calls.example.webex.com","primary":true}],`+
		`"invitePending":false,"loginEnabled":true,"type":"person"}`,
		apiID("PEOPLE", fmt.Sprintf("bbbbbbbb-0000-4000-8000-%012d", n)), n, n%10000, n%10000, n%10000,
		apiID("LOCATION", fmt.Sprintf("aaaaaaaa-0000-4000-8000-%012d", n%50)), first, n, n, apiID(organization, benchOrg), apiID("ROLE", "id_user"),
		licence([]string{"BCSTD", "BCPRO"}[n%2]+"_0a000000-0000-4000-8000-000000000001"), licence("FMS_9eca7814-3313-464f-9642-0239875bc9f8"),
		licence("FTM_f5fde35f-4704-460a-810f-4c5d35241e69"), licence("FSS_1b728ff9-7de8-4cb7-9540-29320b5a42cb"),
		licence("EE_0a000000-0000-4000-8000-000000000002_acme.example.webex.com"), apiID("PEOPLE", "bbbbbbbb-0000-4000-8000-000000000001"), n, n)
}

// benchPages serves pages of people from memory: the bodies of a few distinct pages over and over, with Link headers
// to as many pages as asked for.
type benchPages struct {
	bodies [][]byte
	pages  int
}

func newBenchPages(pages int) *benchPages {
	p := &benchPages{pages: pages}
	for v := range benchVariants {
		var b bytes.Buffer
		b.WriteString(`{"notFoundIds":null,"items":[`)
		for i := range benchPage {
			if i > 0 {
				b.WriteByte(',')
			}
			benchPerson(&b, v*benchPage+i)
		}
		b.WriteString(`]}`)
		p.bodies = append(p.bodies, b.Bytes())
	}
	return p
}

func (p *benchPages) body(page int) []byte { return p.bodies[page%benchVariants] }

func (p *benchPages) bytes() (n int64) {
	for i := range p.pages {
		n += int64(len(p.body(i)))
	}
	return n
}

// open returns a page as a response body that can only be read.
func (p *benchPages) open(page int) io.ReadCloser {
	return io.NopCloser(struct{ io.Reader }{bytes.NewReader(p.body(page))})
}

func (p *benchPages) RoundTrip(r *http.Request) (*http.Response, error) {
	page, _ := strconv.Atoi(r.URL.Query().Get("cursor"))
	h := http.Header{"Content-Type": {"application/json;charset=UTF-8"}, "Trackingid": {"ROUTER_1"}}
	if page+1 < p.pages {
		h.Set("Link", fmt.Sprintf(`<%s/people?callingData=true&excludeStatus=true&max=100&cursor=%d>; rel="next"`, DefaultBaseURL, page+1))
	}
	return &http.Response{StatusCode: 200, Header: h, Body: p.open(page), Request: r}, nil
}

func (p *benchPages) client(tb testing.TB) *Client {
	tb.Helper()
	c, err := New(Config{
		HTTP: &http.Client{Transport: p}, Tokens: StaticToken("t"),
		Sleep: func(context.Context, time.Duration) error { return nil },
	})
	if err != nil {
		tb.Fatal(err)
	}
	return c
}

func (p *benchPages) walk(tb testing.TB, with ...PersonField) (people, licenses int) {
	for person, err := range each(p.client(tb).PeoplePages(context.Background(), OrganizationID{}, with...)) {
		if err != nil {
			tb.Fatal(err)
		}
		people++
		licenses += len(person.Licenses)
	}
	return people, licenses
}

// BenchmarkPeople walks 100,000 people, and in the same run measures the floor: the same pages read from memory and
// split into JSON tokens, with nothing done with them. ratio is the throughput of the walk divided by that of the
// floor; the two take turns, so that a busy machine slows both. Run it with -cpu 1,2: a walk decodes the page ahead on
// another core where there is one.
func BenchmarkPeople(b *testing.B) {
	p := newBenchPages(1000)
	size := p.bytes()
	b.SetBytes(size)
	b.ReportAllocs()
	var walk, floor time.Duration
	timed := func(sum *time.Duration, f func(testing.TB)) {
		began := time.Now()
		f(b)
		*sum += time.Since(began)
	}
	for b.Loop() {
		b.StopTimer()
		timed(&floor, p.tokens)
		b.StartTimer()
		timed(&walk, func(tb testing.TB) {
			if people, licenses := p.walk(tb); people != 100_000 || licenses != 500_000 {
				tb.Fatalf("%d people, %d licences", people, licenses)
			}
		})
	}
	b.ReportMetric(floor.Seconds()/walk.Seconds(), "ratio")
	b.ReportMetric(float64(size)*float64(b.N)/1e6/floor.Seconds(), "floor-MB/s")
	b.ReportMetric(float64(size)/100_000, "B/person")
}

// BenchmarkPeopleWithEmails is the walk of BenchmarkPeople where an assignment needs the addresses.
func BenchmarkPeopleWithEmails(b *testing.B) {
	p := newBenchPages(1000)
	b.SetBytes(p.bytes())
	b.ReportAllocs()
	for b.Loop() {
		if people, licenses := p.walk(b, Emails); people != 100_000 || licenses != 500_000 {
			b.Fatalf("%d people, %d licences", people, licenses)
		}
	}
}

// tokens is the floor. Of the well-kept decoders tried (this one, segmentio's Tokenizer, sonic's visitor, and that of
// the standard library) it was the fastest on records with an escape sequence here and there.
func (p *benchPages) tokens(tb testing.TB) {
	var d jsontext.Decoder
	for page := range p.pages {
		d.Reset(p.open(page), jsontext.AllowDuplicateNames(true), jsontext.AllowInvalidUTF8(true))
		var err error
		for err == nil {
			_, err = d.ReadToken()
		}
		if !errors.Is(err, io.EOF) {
			tb.Fatal(err)
		}
	}
}

// BenchmarkTokens compares the floor with the standard library.
func BenchmarkTokens(b *testing.B) {
	p := newBenchPages(benchVariants)
	run := func(name string, f func(testing.TB)) {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(p.bytes())
			for b.Loop() {
				f(b)
			}
		})
	}
	run("jsontext", p.tokens)
	run("encoding-json", func(tb testing.TB) {
		for page := range p.pages {
			d := json.NewDecoder(p.open(page))
			var err error
			for err == nil {
				_, err = d.Token()
			}
			if err != io.EOF {
				tb.Fatal(err)
			}
		}
	})
}

// BenchmarkWalkHeap compares the heap in use during a walk of 10,000 and of 1,000,000 people, garbage not counted.
func BenchmarkWalkHeap(b *testing.B) {
	const mib = 1 << 20
	for b.Loop() {
		small, large := peakHeap(b, 100), peakHeap(b, 10_000)
		b.ReportMetric(float64(small)/mib, "MiB-10k")
		b.ReportMetric(float64(large)/mib, "MiB-1M")
		b.ReportMetric((float64(large)-float64(small))/mib, "MiB-more")
		if large > small+16*mib {
			b.Fatalf("1,000,000 people take %d bytes, 10,000 take %d", large, small)
		}
	}
}

// peakHeap is the largest heap in use at eleven points of a walk, above what was there before it.
func peakHeap(b *testing.B, pages int) (peak uint64) {
	p := newBenchPages(pages)
	live := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := live()
	n := 0
	for _, err := range each(p.client(b).PeoplePages(context.Background(), OrganizationID{})) {
		if err != nil {
			b.Fatal(err)
		}
		if n++; n%(pages*benchPage/10) == 1 {
			if now := live(); now > before {
				peak = max(peak, now-before)
			}
		}
	}
	if now := live(); now > before {
		peak = max(peak, now-before)
	}
	return peak
}
