package walk

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"regexp"
)

// nextLink finds the next link among those of the simulator, which are well-formed.
var nextLink = regexp.MustCompile(`<([^>]*)>; rel="next"`)

// Reader receives the same pages and looks at nothing but their next links: the floor.
func Reader(ctx context.Context, s Service, way Way) (Result, error) {
	client := &http.Client{Transport: s.Transport}
	if _, _, err := receive(ctx, client, s, s.BaseURL+"/licenses"); err != nil {
		return Result{}, err
	}
	result := Result{}
	next := ""
	switch way {
	case AllPeople:
		next = s.BaseURL + "/people?excludeStatus=true&max=1000"
	case CallingData:
		next = s.BaseURL + "/people?callingData=true&excludeStatus=true&max=100"
	case NoPeople:
	default:
		return Result{}, noWay(way)
	}
	for next != "" {
		n, link, err := receive(ctx, client, s, next)
		if err != nil {
			return Result{}, err
		}
		result.Bytes += n
		next = link
	}
	return result, nil
}

// receive returns the size of a page and its next link.
func receive(ctx context.Context, client *http.Client, s Service, url string) (size int64, next string, _ error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, "", err
	}
	request.Header.Set("Authorization", "Bearer "+s.Token)
	answer, err := client.Do(request)
	if err != nil {
		return 0, "", err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return 0, "", fmt.Errorf("the service answered %d", answer.StatusCode)
	}
	if size, err = io.Copy(io.Discard, answer.Body); err != nil {
		return 0, "", err
	}
	if match := nextLink.FindStringSubmatch(answer.Header.Get("Link")); match != nil {
		next = match[1]
	}
	return size, next, nil
}
