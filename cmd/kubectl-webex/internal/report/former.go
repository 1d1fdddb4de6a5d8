package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/output"
)

// DataID is the id of the element of a page that holds the document.
const DataID = "report-data"

// Memory is the part of a report that the next one needs: a page carries it.
func (r *Report) Memory() *Report {
	return &Report{Kind: r.Kind, Time: r.Time, Scope: r.Scope, Totals: r.Totals, PlaceTotals: r.PlaceTotals, Items: r.Items}
}

// Former reads a report that was written before, as a page or as JSON.
func Former(content []byte) (*Report, error) {
	data := bytes.TrimSpace(content)
	if len(data) == 0 || data[0] != '{' {
		if data = embedded(content); data == nil {
			return nil, errors.New("it is no report: use a file that kubectl webex report wrote, with -o html or -o json")
		}
	}
	const cutOff = "its data cannot be read (%w): it may have been cut off; use another report"
	head := output.Kind{}
	if err := json.Unmarshal(data, &head); err != nil {
		return nil, fmt.Errorf(cutOff, err)
	}
	if head != output.Document(Kind) {
		return nil, fmt.Errorf("it holds a %s of %s: use a %s of %s", head.Kind, head.APIVersion, Kind, output.APIVersion)
	}
	r := &Report{}
	if err := json.Unmarshal(data, r); err != nil {
		return nil, fmt.Errorf(cutOff, err)
	}
	return r, nil
}

// embedded finds the data of a page; nil if there is none.
func embedded(page []byte) []byte {
	tokens := html.NewTokenizer(bytes.NewReader(page))
	for {
		kind := tokens.Next()
		if kind == html.ErrorToken {
			return nil
		}
		if token := tokens.Token(); kind == html.StartTagToken && token.DataAtom == atom.Script && hasID(token) && tokens.Next() == html.TextToken {
			return tokens.Raw()
		}
	}
}

func hasID(token html.Token) bool {
	for _, a := range token.Attr {
		if a.Key == "id" && a.Val == DataID {
			return true
		}
	}
	return false
}

// Comparable says why two reports cannot be compared; nil if they can.
func (r *Report) Comparable(former *Report) error {
	if now, then := r.Scope.String(), former.Scope.String(); now != then {
		return fmt.Errorf("it is about %s, and this one about %s: use the same flags for both", then, now)
	}
	if former.Time.After(r.Time) {
		return fmt.Errorf("it was made at %s, after this one: see the clocks", former.Time.Format("2006-01-02 15:04:05Z07:00"))
	}
	return nil
}
