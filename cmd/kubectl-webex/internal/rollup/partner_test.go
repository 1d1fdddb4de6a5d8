package rollup

import (
	"testing"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

func TestSelectsByPartner(t *testing.T) {
	t.Parallel()
	of := func(partner string) *v1alpha1.WebexCustomerAccess {
		c := &v1alpha1.WebexCustomerAccess{}
		c.Name = "acme"
		if partner != "" {
			c.Labels = map[string]string{v1alpha1.LabelPartner: partner}
		}
		return c
	}
	for _, c := range []struct {
		selection Selection
		made      string
		want      bool
	}{
		{Selection{}, "provider", true},
		{Selection{Partner: "provider"}, "provider", true},
		{Selection{Partner: "provider"}, "other", false},
		{Selection{Partner: "provider"}, "", false},
		{Selection{Partner: "provider", Customers: []string{"globex"}}, "provider", false},
		{Selection{Partner: "provider", At: "west"}, "provider", false},
	} {
		if got := c.selection.Selects(of(c.made)); got != c.want {
			t.Errorf("%+v of one that %q made: %v", c.selection, c.made, got)
		}
	}
}
