package partner_test

import (
	"testing"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/partner"
)

type spec = v1alpha1.WebexPartnerSpec

// template sets the template's fields.
func template(adjust func(t *v1alpha1.CustomerTemplate)) func(*spec) {
	return func(s *spec) {
		if s.Template == nil {
			s.Template = &v1alpha1.CustomerTemplate{}
		}
		adjust(s.Template)
	}
}

func hierarchy(path string) func(*spec) {
	return template(func(t *v1alpha1.CustomerTemplate) { t.HierarchyPath = path })
}

func collects(levels ...v1alpha1.Level) func(*spec) {
	return template(func(t *v1alpha1.CustomerTemplate) { t.Collection = &v1alpha1.Collection{Levels: levels} })
}

func connects(adjust func(c *v1alpha1.Connection)) func(*spec) {
	return func(s *spec) {
		s.Connection = &v1alpha1.Connection{ProxyURL: proxy}
		adjust(s.Connection)
	}
}

func bundle(name string) func(*spec) {
	return connects(func(c *v1alpha1.Connection) { c.CABundleRef = &v1alpha1.CABundleReference{Name: name} })
}

func secret(name string) func(*spec) {
	return func(s *spec) { s.CredentialsSecretRef.Name = name }
}

const proxy = "http://proxy.example.com:8080"

// people are what persons and their tools do to customers of a partner, at a real API server.
var people = map[string]struct {
	partner func(*spec)
	play    func(s *site)
}{
	"nothing":               {hierarchy("a"), func(s *site) { s.want("spec.hierarchyPath", `"a"`) }},
	"the template moves on": {hierarchy("a"), func(s *site) { s.change(hierarchy("b")); s.pass(1); s.want("spec.hierarchyPath", `"b"`) }},
	"the template loses it": {hierarchy("a"), func(s *site) { s.change(hierarchy("")); s.pass(1); s.want("spec.hierarchyPath", "") }},
	"the template loses all": {hierarchy("a"), func(s *site) {
		s.change(func(p *spec) { p.Template = nil })
		s.pass(1)
		s.want("spec.hierarchyPath", "")
	}},
	"renamed": {nil, func(s *site) { s.rename("Acme Two"); s.pass(1); s.want("spec.customerName", `"Acme Two"`) }},
	"a person names it": {nil, func(s *site) {
		s.edit("spec.customerName", "Ours")
		s.rename("Acme Two")
		s.pass(0)
		s.want("spec.customerName", `"Ours"`)
	}},
	"another field, by edit": {hierarchy("a"), func(s *site) {
		s.edit("spec.defaultSiteURL", "acme.webex.com")
		s.change(hierarchy("b"))
		s.pass(1)
		s.want("spec.defaultSiteURL", `"acme.webex.com"`)
	}},
	"a field, by edit": {hierarchy("a"), func(s *site) {
		s.edit("spec.hierarchyPath", "x")
		s.pass(0)
		s.change(hierarchy("b"))
		s.pass(0)
		s.want("spec.hierarchyPath", `"x"`)
	}},
	"a field, by merge patch": {hierarchy("a"), func(s *site) {
		s.patch(`{"spec": {"hierarchyPath": "x"}}`)
		s.change(hierarchy("b"))
		s.pass(0)
		s.want("spec.hierarchyPath", `"x"`)
	}},
	"a field, by edit, with others that move": {func(p *spec) { hierarchy("a")(p); secret("one")(p) }, func(s *site) {
		s.edit("spec.hierarchyPath", "x")
		s.change(func(p *spec) { hierarchy("b")(p); secret("two")(p) })
		s.pass(1)
		s.want("spec.hierarchyPath", `"x"`)
		s.want("spec.credentialsSecretRef.name", `"two"`)
	}},
	"removed by JSON patch": {hierarchy("a"), func(s *site) {
		s.patch(`[{"op": "remove", "path": "/spec/hierarchyPath"}]`)
		s.pass(1)
		s.want("spec.hierarchyPath", `"a"`)
	}},
	"applied without force": {hierarchy("a"), func(s *site) {
		if !s.personApplies(`{"hierarchyPath": "x"}`, false) {
			s.Error("no conflict tells the person of the template")
		}
		s.pass(0)
	}},
	"applied with force, then given up": {hierarchy("a"), func(s *site) {
		s.personApplies(`{"hierarchyPath": "x", "defaultSubscription": "y"}`, true)
		s.change(hierarchy("b"))
		s.pass(0)
		s.want("spec.hierarchyPath", `"x"`)
		s.personApplies(`{"defaultSubscription": "y"}`, false)
		s.want("spec.hierarchyPath", "")
		s.pass(1)
		s.want("spec.hierarchyPath", `"b"`)
		s.want("spec.defaultSubscription", `"y"`)
	}},
	"owned together": {hierarchy("a"), func(s *site) {
		s.personApplies(`{"hierarchyPath": "a"}`, false)
		s.pass(0)
		s.change(hierarchy("b"))
		s.pass(1) // gives it up
		s.want("spec.hierarchyPath", `"a"`)
		s.wantOwners("spec.hierarchyPath", "kubectl")
		s.change(hierarchy("a"))
		s.pass(0)
	}},
	"the person was first": {nil, func(s *site) {
		s.personApplies(`{"hierarchyPath": "x"}`, false)
		s.change(hierarchy("a"))
		s.pass(0)
		s.want("spec.hierarchyPath", `"x"`)
	}},
	"the person said the same first": {nil, func(s *site) {
		s.personApplies(`{"hierarchyPath": "a"}`, false)
		s.change(func(p *spec) { hierarchy("a")(p); secret("two")(p) })
		s.pass(1)
		s.wantOwners("spec.hierarchyPath", "kubectl")
	}},
	"kubectl apply": {hierarchy("a"), func(s *site) {
		s.kubectl(`{"credentialsSecretRef": {"name": "token"}, "hierarchyPath": "x"}`, "apply", "-f", "-")
		s.pass(0)
		s.change(func(p *spec) { hierarchy("b")(p); secret("two")(p) })
		s.pass(1) // the Secret, of which the person's manifest says the same, and so does not own it
		s.want("spec.hierarchyPath", `"x"`)
		s.kubectl(`{"credentialsSecretRef": {"name": "token"}, "hierarchyPath": "x"}`, "apply", "-f", "-")
		s.pass(0) // no turns are taken
		s.want("spec.credentialsSecretRef.name", `"token"`)
	}},
	"kubectl replace": {func(p *spec) { hierarchy("a")(p); secret("one")(p) }, func(s *site) {
		s.kubectl(`{"credentialsSecretRef": {"name": "two"}, "organizationID": "`+acmeID+`", "customerName": "Ours"}`, "replace", "-f", "-")
		s.pass(0) // it has no label: a person took it over
		s.wantLabel(v1alpha1.LabelPartner, "")
	}},
	"a Secret, by edit": {secret("one"), func(s *site) {
		s.edit("spec.credentialsSecretRef.name", "mine")
		s.change(func(p *spec) { hierarchy("b")(p); secret("two")(p) })
		s.pass(1)
		s.want("spec.credentialsSecretRef", `{"name":"mine"}`)
		s.want("spec.hierarchyPath", `"b"`)
	}},
	"a bundle with its defaults": {bundle("ca"), func(s *site) {
		s.want("spec.connection.caBundleRef", `{"key":"ca.crt","kind":"ConfigMap","name":"ca"}`)
		s.change(bundle("cb"))
		s.pass(1)
		s.want("spec.connection.caBundleRef", `{"key":"ca.crt","kind":"ConfigMap","name":"cb"}`)
		s.change(func(p *spec) { p.Connection = nil })
		s.pass(1)
		s.want("spec.connection.caBundleRef", "")
	}},
	"a bundle, by edit": {bundle("ca"), func(s *site) {
		s.edit("spec.connection.caBundleRef.key", "mine.crt")
		s.pass(0)
		s.change(func(p *spec) { hierarchy("b")(p) })
		s.pass(1)
		s.want("spec.connection.caBundleRef.key", `"mine.crt"`)
		s.want("spec.hierarchyPath", `"b"`)
		s.change(bundle("cb"))
		s.pass(0)
		s.want("spec.connection.caBundleRef", `{"key":"mine.crt","kind":"ConfigMap","name":"ca"}`)
	}},
	"sets":            {connects(func(c *v1alpha1.Connection) { c.NoProxy = []string{"a&b<c", ".example.com", "ü"} }), playSets},
	"levels":          {collects(v1alpha1.LevelCustomer), playLevels},
	"an empty struct": {collects(), playEmpty},
	"duration":        {template(func(t *v1alpha1.CustomerTemplate) { t.StaleAfter = hours(48) }), playDuration},
	"labels": {template(func(t *v1alpha1.CustomerTemplate) {
		t.Labels = map[string]string{"example.com/tier": "gold", "zone": "a"}
	}), playLabels},
	"defaults":         {nil, playDefaults},
	"owner references": {func(p *spec) { p.DeletionPolicy = v1alpha1.DeletionPolicyDelete }, playOwners},
	"suspended":        {hierarchy("a"), playSuspended},
	"a person suspends": {nil, func(s *site) {
		s.edit("spec.suspend", true)
		s.gone(0)
		s.back(0)
		s.want("spec.suspend", "true")
	}},
	"a person suspends, too": {nil, func(s *site) {
		s.gone(1)
		s.personApplies(`{"suspend": true}`, false)
		s.back(1)
		s.want("spec.suspend", "true")
		s.wantOwners("spec.suspend", "kubectl")
	}},
	"a person resumes": {nil, func(s *site) {
		s.gone(1)
		s.edit("spec.suspend", false)
		s.pass(0)
		s.want("spec.suspend", "false")
		s.back(0)
		s.want("spec.suspend", "false")
	}},
	"restored by a tool": {func(p *spec) { hierarchy("a")(p); bundle("ca")(p) }, func(s *site) {
		s.restore("restorer")
		s.pass(0)
		s.change(hierarchy("b"))
		s.pass(0) // the tool owns it
		s.gone(1)
		s.back(1)
		s.want("spec.suspend", "")
	}},
	"restored without owners": {func(p *spec) { hierarchy("a")(p); bundle("ca")(p) }, func(s *site) {
		s.restore("")
		s.pass(0)
		s.change(hierarchy("b"))
		s.pass(0) // Kubernetes gives it to a manager of another name at the first apply
		s.gone(1)
		s.back(1)
		s.want("spec.suspend", "")
	}},
}

// What people set on a customer stays, what the template says follows, and each change is written once.
func TestPeopleAndTemplate(t *testing.T) {
	t.Parallel()
	c := startCluster(t)
	t.Run("all", func(t *testing.T) {
		for name, test := range people {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				test.play(c.site(t, test.partner))
			})
		}
	})
	t.Run("schedule", func(t *testing.T) { playSchedule(c.site(t, nil)) })
}

func (s *site) rename(name string) {
	s.organizations[0] = partner.Organization{ID: s.organizations[0].ID, Name: name}
}
