package rows

import (
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	. "github.com/onsi/gomega"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/naming"
	"github.com/webex-operator/webex-license-operator/internal/usage"
	"github.com/webex-operator/webex-license-operator/internal/webex"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

func TestSlug(t *testing.T) {
	t.Parallel()
	hash := naming.Hash("id")
	for name, want := range map[string]string{
		"Webex Calling - Professional":       "webex-calling-professional",
		"Call on Webex (1:1 call, non-PSTN)": "call-on-webex-1-1-call-non-pstn",
		"  spaces  ":                         "spaces",
		"Zürich Büro":                        "zurich-buro",
		"São Paulo":                          "sao-paulo",
		"Łódź, Gießen & Ærø":                 "lodz-giessen-aero",
		"İstanbul – Kadıköy":                 "istanbul-kadikoy",
		"Đà Nẵng":                            "da-nang",
		"ＡＢＣ１":                               "abc1",
		"東京 Office":                          "office",
		"東京":                                 hash,
		"":                                   hash,
		"---":                                hash,
		strings.Repeat("abc ", 30):           "abc-abc-abc-abc-abc-abc-abc-abc-abc-abc",
		strings.Repeat("a", 41):              strings.Repeat("a", 40),
	} {
		got := slug(name, 40, "id")
		NewWithT(t).Expect(got).To(Equal(want), "%q", name)
		NewWithT(t).Expect(validation.IsValidLabelValue(got)).To(BeEmpty(), "%q", name)
	}
}

func TestClip(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	g.Expect(Clip("abc", 3)).To(Equal("abc"))
	g.Expect(Clip("abcd", 3)).To(Equal("abc"))
	g.Expect(Clip("aß", 2)).To(Equal("a"), "no half rune")
	g.Expect(Clip("", 0)).To(BeEmpty())
	g.Expect(utf8.ValidString(Clip(strings.Repeat("€", 100), 100))).To(BeTrue())
}

func usageRow(level usage.Level, license, name, location, locationName string) usage.Row {
	return usage.Row{Key: usage.Key{Level: level, LicenseID: license, LocationID: location}, Name: name, LocationName: locationName, Class: usage.ClassPurchased}
}

func TestRowName(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	customer := usageRow(usage.LevelCustomer, "L1", "Webex Calling - Professional", "", "")
	site := usageRow(usage.LevelSite, "L1", "Webex Calling - Professional", "P1", "San Jose HQ")
	g.Expect(rowName("acme", customer)).To(MatchRegexp(`^acme-webex-calling-professional-[0-9a-f]{12}$`))
	g.Expect(rowName("acme", site)).To(MatchRegexp(`^acme-webex-calling-professional-san-jose-hq-[0-9a-f]{12}$`))
	g.Expect(rowName("acme", customer)).To(Equal(rowName("acme", customer)))

	names := map[string]bool{}
	for _, row := range []usage.Row{
		customer, site,
		usageRow(usage.LevelCustomer, "L2", customer.Name, "", ""),          // same name, another licence
		usageRow(usage.LevelSite, "L1", site.Name, "P2", site.LocationName), // same name, another location
		usageRow(usage.LevelSite, "L1P", site.Name, "1", site.LocationName), // ids do not run into each other
	} {
		g.Expect(names).NotTo(HaveKey(rowName("acme", row)))
		names[rowName("acme", row)] = true
	}
	g.Expect(names).NotTo(HaveKey(rowName("acme2", customer)))

	longest := rowName(strings.Repeat("c", 63), usageRow(usage.LevelSite, "L", strings.Repeat("n", 300), "P", strings.Repeat("p", 300)))
	g.Expect(validation.IsDNS1123Subdomain(longest)).To(BeEmpty())
	g.Expect(validation.IsDNS1123Subdomain(rowName("acme", usageRow(usage.LevelSite, "L", "東京", "P", "大阪")))).To(BeEmpty())
}

func testCustomer() *v1alpha1.WebexCustomerAccess {
	return &v1alpha1.WebexCustomerAccess{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "acme", UID: "uid-1"}}
}

func TestDesiredRow(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	customer := testCustomer()
	defaults := usage.Effective{Subscription: "S1", SubscriptionState: usage.StateResolved, SiteURLState: usage.StateNone}
	row := usageRow(usage.LevelCustomer, "L1", "Calling", "", "")
	row.SubscriptionID = "S1"

	desired := Desired(customer, row, defaults)
	g.Expect(desired.Status.Location).To(Equal("acme"))
	g.Expect(desired.Status.AssignableReason).To(Equal(v1alpha1.AssignableYes))
	g.Expect(desired.Labels).NotTo(HaveKey(v1alpha1.LabelLocation))
	g.Expect(metav1.IsControlledBy(desired, customer)).To(BeTrue())

	customer.Spec.CustomerName = strings.Repeat("Ä", 256) // 512 bytes
	customer.Spec.DeletionPolicy = v1alpha1.DeletionPolicyRetain
	desired = Desired(customer, row, defaults)
	g.Expect(desired.Status.Location).To(HaveLen(maxLocation))
	g.Expect(desired.OwnerReferences).To(BeEmpty())

	site := Desired(customer, usageRow(usage.LevelSite, "L1", "Calling", "P1", "San Jose HQ"), defaults)
	g.Expect(site.Status.Location).To(Equal("San Jose HQ"))
	g.Expect(site.Labels).To(HaveKeyWithValue(v1alpha1.LabelLocation, "san-jose-hq-"+naming.Hash("P1")))
}

// Two locations never share a label, whatever they are called, and each label is one that
// the API server takes; one location has one label, however its id is spelled.
func TestLocationLabels(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	names := []string{
		"", " ", "-", "x", "東京", "大阪", "Москва", "القاهرة", "São Paulo", "Sao Paulo", "SAO PAULO", "San Jose HQ", "San-Jose-HQ",
		"🏢", "a\u202eb", "\x00", "\xff\xfe", strings.Repeat("ß", 300), strings.Repeat("a", 300), strings.Repeat("a", 49) + "-b", `style="x"`,
	}
	labels := map[string]string{}
	for i, name := range names {
		for j := range 3 {
			id := webexsim.EncodeID("LOCATION", fmt.Sprintf("aaaaaaaa-0000-4000-8000-%012d", 3*i+j))
			label := locationLabel(name, id)
			g.Expect(validation.IsValidLabelValue(label)).To(BeEmpty(), "%q", name)
			g.Expect(labels).NotTo(HaveKey(label), "%q", name)
			labels[label] = name
			g.Expect(locationLabel(name, webex.IDKey(id))).To(Equal(label))
		}
	}
}

func FuzzNames(f *testing.F) {
	f.Add("San Jose HQ", "Webex Calling")
	f.Add("東京", "\xff")
	f.Add("Ⅷ½ﬀ", strings.Repeat("ŉ", 100))
	f.Fuzz(func(t *testing.T, location, license string) {
		if faults := validation.IsValidLabelValue(locationLabel(location, "P")); len(faults) > 0 {
			t.Errorf("label of %q: %v", location, faults)
		}
		if name := rowName("acme", usageRow(usage.LevelSite, "L", license, "P", location)); len(validation.IsDNS1123Subdomain(name)) > 0 {
			t.Errorf("name of %q at %q: %q", license, location, name)
		}
	})
}
