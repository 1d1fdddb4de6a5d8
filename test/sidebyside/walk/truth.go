package walk

import (
	"errors"
	"fmt"

	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// Check compares what a walk counted with the simulator's own count.
func (r Result) Check(truth webexsim.Truth) error {
	var wrong []error
	if r.People != int64(truth.People) {
		wrong = append(wrong, fmt.Errorf("%d people, there are %d", r.People, truth.People))
	}
	known := map[string]bool{}
	for _, l := range truth.Licenses {
		known[l.ID] = true
		if held := int64(l.ByUsers - l.ExternalUsers); r.Units[l.ID] != held {
			wrong = append(wrong, fmt.Errorf("%d units of %s, people hold %d", r.Units[l.ID], l.Name, held))
		}
	}
	for id := range r.Units {
		if !known[id] {
			wrong = append(wrong, errors.New("units of a licence that there is not"))
		}
	}
	return errors.Join(wrong...)
}
