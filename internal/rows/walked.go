package rows

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
)

// LicensesHash identifies licences and their units, however Webex spells their ids, and in whatever order.
func LicensesHash(licenses []usage.License) string {
	sorted := slices.Clone(licenses)
	for i := range sorted {
		sorted[i].ID = webex.IDKey(sorted[i].ID)
	}
	return hash(sorted, func(l usage.License) string { return l.ID })
}

// Hash identifies rows by what a walk decides of them: which there are, and their figures. What follows from the customer's
// spec is left out, since that changes between runs.
func Hash(rows []*v1alpha1.WebexLicense) string {
	type walked struct {
		Name   string
		Status v1alpha1.WebexLicenseStatus
	}
	all := make([]walked, len(rows))
	for i, row := range rows {
		s := row.Status
		s.Conditions, s.ObservedGeneration, s.LastChangeTime = nil, nil, nil
		s.Assignable, s.AssignableReason = nil, ""
		if row.Spec.Level == v1alpha1.LevelCustomer {
			s.Location = ""
		}
		all[i] = walked{row.Name, s}
	}
	return hash(all, func(w walked) string { return w.Name })
}

// hash identifies items in the order of their keys.
func hash[T any](items []T, key func(T) string) string {
	slices.SortStableFunc(items, func(a, b T) int { return cmp.Compare(key(a), key(b)) })
	sum := sha256.New()
	encoder := json.NewEncoder(sum)
	for i := range items {
		if err := encoder.Encode(&items[i]); err != nil {
			panic(err) // strings, numbers and booleans always have a JSON form
		}
	}
	return hex.EncodeToString(sum.Sum(nil)[:8])
}
