package controllers

import (
	"fmt"
	"net/http"
	"strings"
	"unicode/utf16"

	. "github.com/onsi/gomega"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// badAssignmentCase is one thing that is wrong with an assignment, or around it.
type badAssignmentCase struct {
	name   string
	reason string
	// words are in the message.
	words []string
	// people makes the organization a large one.
	people int
	// spoil comes before anything is created; later comes once all is in sync, and before another run.
	spoil, later func(*badAssignment)
	// adds says that the newcomer gets the licence nevertheless, removes that the last holder loses it.
	adds, removes bool
	check         func(*badAssignment)
}

func content(of func(b *badAssignment) []byte) func(*badAssignment) {
	return func(b *badAssignment) { b.list.Data["emails"] = of(b) }
}

func (b *badAssignment) keepAllHolders() {
	b.list.Data["emails"] = b.lines(append(messagingHolders[:4:4], newcomer)...)
}

const notFoundReason, unresolved = v1alpha1.ReasonSubjectsNotFound, v1alpha1.ReasonSubjectsUnresolved

func badLists() []badAssignmentCase {
	const nothingTaken = "no licence is taken from any person meanwhile"
	utf16Of := func(text []byte) []byte {
		out := []byte{0xFF, 0xFE}
		for _, unit := range utf16.Encode([]rune(string(text))) {
			out = append(out, byte(unit), byte(unit>>8)) //nolint:gosec // the two halves
		}
		return out
	}
	return []badAssignmentCase{
		{name: "nothing wrong", reason: v1alpha1.ReasonInSync, spoil: func(*badAssignment) {}, adds: true, removes: true},
		{
			name: "empty file", reason: unresolved, words: []string{`key "emails" of Secret`, "spec.subjects.emailsFrom[0]", "has no address: write one a line", nothingTaken},
			spoil: content(func(*badAssignment) []byte { return nil }),
		},
		{
			name: "only comments", reason: unresolved, words: []string{"has no address"},
			spoil: content(func(*badAssignment) []byte { return []byte("# later\n\n") }),
		},
		{
			name: "no file", reason: unresolved, words: []string{"Secret", "spec.subjects.emailsFrom[0]", "does not exist: create it", nothingTaken},
			spoil: func(b *badAssignment) { b.list = nil },
		},
		{
			name: "file gone", reason: unresolved, words: []string{"spec.subjects.emailsFrom[0]", "does not exist: create it"}, adds: true,
			spoil: (*badAssignment).keepAllHolders,
			later: func(b *badAssignment) { b.f.Expect(b.f.client.Delete(b.f.ctx, b.list)).To(Succeed()) },
		},
		{
			name: "another key", reason: unresolved, words: []string{`has no key "emails": add it, or name another one`},
			spoil: func(b *badAssignment) { b.list.Data = map[string][]byte{"mail": b.list.Data["emails"]} },
		},
		{
			name: "UTF-16", reason: unresolved, words: []string{`key "emails"`, "is text in UTF-16", "save it as UTF-8"},
			spoil: content(func(b *badAssignment) []byte { return utf16Of(b.list.Data["emails"]) }),
		},
		{
			name: "Latin-1", reason: unresolved, words: []string{"is no text in UTF-8: save it as UTF-8"},
			spoil: content(func(b *badAssignment) []byte { return append([]byte("# M\xfcnchen\n"), b.list.Data["emails"]...) }),
		},
		{
			name: "an address twice", reason: unresolved, words: []string{"line 6", "repeats line 1: take one of them out"}, adds: true,
			spoil: content(func(b *badAssignment) []byte {
				return append(append(b.list.Data["emails"], '\n'), strings.ToUpper(b.org.PersonEmail(0))...)
			}),
		},
		{
			name: "no address", reason: unresolved, words: []string{"line 5", "is a text of 8 characters that is no address"}, adds: true,
			spoil: content(func(b *badAssignment) []byte { return append(b.list.Data["emails"], "Jane.Doe\n"...) }),
		},
		{
			name: "separators", reason: unresolved, words: []string{"line 1", "write one address a line"},
			spoil: content(func(b *badAssignment) []byte {
				return []byte(strings.ReplaceAll(string(b.list.Data["emails"]), "\n", "; "))
			}),
		},
		{
			name: "an address of another organization", reason: notFoundReason, words: []string{"line 5", "is an address that no person of the organization has: correct it, or take it out"}, adds: true,
			spoil: content(func(b *badAssignment) []byte { return append(b.list.Data["emails"], "x@another.example.net\n"...) }),
		},
		tenTyposOf11000(),
	}
}

// tenTyposOf11000 is a list of 11,000 people, with a typo in each 1,100th line.
func tenTyposOf11000() badAssignmentCase {
	return badAssignmentCase{
		name: "11,000 lines with ten typos", people: 11_001, reason: notFoundReason, words: []string{"line 1100 is an address", "line 2200", "and 7 more"},
		spoil: func(b *badAssignment) {
			b.assignment.Spec.KeepFreeUnits = new(int32(1_000_000))
			b.customer.Spec.DefaultSubscription = ""
			var lines strings.Builder
			for i := range 11_000 {
				address := b.org.PersonEmail(i)
				if (i+1)%1100 == 0 {
					address = "x" + address
				}
				fmt.Fprintln(&lines, address)
			}
			b.list.Data["emails"] = []byte(lines.String())
		},
		check: func(b *badAssignment) {
			b.f.Expect(b.assignment.Status.Subjects.Listed).To(HaveValue(BeEquivalentTo(11_000)))
			b.f.Expect(b.assignment.Status.Subjects.NotFoundAt).To(HaveLen(10))
			b.f.Expect(b.patches()).To(BeZero())
		},
	}
}

func badSubjects() []badAssignmentCase {
	group := func(name string) func(*badAssignment) {
		return func(b *badAssignment) { b.assignment.Spec.Subjects.Groups = []string{name} }
	}
	const field = "spec.subjects.groups[0]"
	return []badAssignmentCase{
		{name: "no such group", reason: unresolved, adds: true, spoil: group("Marketing"), words: []string{field, "Webex does not have: write its name exactly as in Control Hub"}},
		{name: "a group twice", reason: unresolved, adds: true, spoil: group("Interns"), words: []string{field, "names one of 2 groups of that name: rename"}},
		{name: "a group of groups", reason: unresolved, adds: true, spoil: group("Departments"), words: []string{field, "with groups in it: name these groups instead"}},
		{name: "a group of another size", reason: unresolved, adds: true, spoil: group("Sales"), words: []string{field, "lists 10 members and counts 11: wait for the next run"}},
		{
			name: "no such location", reason: unresolved, adds: true, words: []string{"spec.subjects.locations[0]", "names a location that Webex does not have"},
			spoil: func(b *badAssignment) { b.assignment.Spec.Subjects.Locations = []string{"Atlantis"} },
		},
		{
			name: "a protected address of another organization", reason: unresolved, adds: true,
			words: []string{"of the customer", "spec.assignment.protectedSubjects.emails[0]", "correct it, or take it out"},
			spoil: func(b *badAssignment) {
				b.customer.Spec.Assignment.ProtectedSubjects = &v1alpha1.ProtectedSubjects{Emails: []string{"boss@another.example.net"}}
			},
		},
	}
}

func badLicenses() []badAssignmentCase {
	license := func(l v1alpha1.LicenseSelector) func(*badAssignment) {
		return func(b *badAssignment) { b.assignment.Spec.License = l }
	}
	return []badAssignmentCase{
		{name: "no such licence", reason: v1alpha1.ReasonLicenseNotFound, spoil: license(v1alpha1.LicenseSelector{Name: "Advanced Massaging"}), words: []string{"spec.license", "compare it with status.name"}},
		{
			name: "a licence in two subscriptions", reason: v1alpha1.ReasonLicenseNotAssignable, words: []string{"spec.license means", "(DefaultSubscriptionRequired)", "or other defaults"},
			spoil: func(b *badAssignment) {
				b.customer.Spec.DefaultSubscription = ""
				b.assignment.Spec.License = v1alpha1.LicenseSelector{Name: "Advanced Messaging"}
			},
		},
		{
			name: "a licence twice", reason: v1alpha1.ReasonLicenseAmbiguous, words: []string{"spec.license means 2 licences", "select by name or offerCode"},
			spoil: func(b *badAssignment) {
				b.org.AddLicense(webexsim.LicenseSpec{Key: "twin", Name: "Advanced Messaging", OfferCode: "MS", Total: 50, Subscription: "Sub2000001"})
			},
		},
		{
			name: "a licence outside of the defaults", reason: v1alpha1.ReasonLicenseNotAssignable, words: []string{"is not assignable (OtherSubscription)", "or other defaults"},
			spoil: func(b *badAssignment) {
				b.f.Expect(b.org.RenameLicense("messaging-other", "Messaging elsewhere")).To(Succeed())
				b.assignment.Spec.License = v1alpha1.LicenseSelector{Name: "Messaging elsewhere"}
			},
		},
		{name: "a calling licence", reason: v1alpha1.ReasonNotManaged, spoil: license(v1alpha1.LicenseSelector{OfferCode: "BCSTD"}), words: []string{"spec.license", "assign it in Control Hub"}},
		{
			name: "a renewed subscription", reason: v1alpha1.ReasonLicenseChanged, words: []string{"another licence than before", "changed anything in spec of the assignment"}, adds: true,
			spoil: func(b *badAssignment) {
				b.customer.Spec.DefaultSubscription = ""
				for _, license := range []string{"messaging-other", "calling-other", "meetings-other", "Webex Calling - Workspaces"} {
					b.f.Expect(b.org.DropLicense(license)).To(Succeed())
				}
				b.keepAllHolders()
			},
			later: func(b *badAssignment) {
				b.f.Expect(b.org.RenewSubscription("Sub2000001", "Sub9000001")).To(Succeed())
				b.f.Expect(b.org.AssignLicense(20, "messaging-main")).To(Succeed()) // whom a plan would take it from
			},
		},
		{
			name: "a pool smaller than its holders", reason: v1alpha1.ReasonNoUnits, words: []string{"is free for 1 person", "buy units"},
			spoil: func(b *badAssignment) {
				b.assignment.Spec.Unlisted = v1alpha1.UnlistedKeep
				b.f.Expect(b.org.SetTotal("messaging-main", 2)).To(Succeed())
			},
			check: unsent,
		},
	}
}

// unsent checks that Webex was not asked to change anything.
func unsent(b *badAssignment) {
	b.f.Expect(b.patches()).To(BeZero(), b.name)
}

func badCredentials() []badAssignmentCase {
	const field = "spec.assignment.credentialsSecretRef"
	refused := v1alpha1.ReasonWriteCredentialsRefused
	token := func(b *badAssignment, value string) {
		b.write.StringData = map[string]string{access.KeyAccessToken: value}
	}
	many := func(b *badAssignment) {
		b.list.Data["emails"] = b.lines(0, 1, 8, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, newcomer, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27)
		b.assignment.Spec.Unlisted = v1alpha1.UnlistedKeep
	}
	return []badAssignmentCase{
		{name: "no write Secret", reason: refused, words: []string{"-write", field, "does not exist: create it with the write credentials"}, spoil: func(b *badAssignment) { b.write = nil }, check: unsent},
		{
			name: "a read-only write Secret", reason: refused, words: []string{"spark-admin:people_write", field},
			spoil: func(b *badAssignment) { token(b, b.writer(b.org.UUID(), webexsim.ScopeGroups)) },
		},
		{
			name: "a write Secret of another organization", reason: refused, words: []string{"of this organization", field},
			spoil: func(b *badAssignment) { token(b, b.writer(b.f.org.UUID(), webexsim.ScopePeopleWrite)) },
			check: func(b *badAssignment) { b.f.Expect(b.f.org.LicenseChanges()).To(BeEmpty()) },
		},
		{
			name: "403 half-way", reason: refused, words: []string{field},
			spoil: func(b *badAssignment) {
				many(b)
				b.f.sim.AddRule(webexsim.Rule{Organization: b.org.UUID(), Operation: webexsim.OperationAssign, After: 5, Status: http.StatusForbidden})
			},
			check: func(b *badAssignment) {
				b.f.Expect(b.org.LicenseChanges()).To(HaveLen(5), "what came before is done")
				b.f.Expect(b.assignment.Status.LastRun.Added).To(HaveValue(BeEquivalentTo(5)))
				b.f.Expect(b.patches()).To(BeNumerically("<=", 10), "those in flight, and no more")
			},
		},
		{
			name: "20 equal failures", reason: v1alpha1.ReasonTooManyFailures, words: []string{"20 changes in a row failed", "status.failures"},
			spoil: func(b *badAssignment) {
				many(b)
				b.f.sim.AddRule(webexsim.Rule{Organization: b.org.UUID(), Operation: webexsim.OperationAssign, Code: 400118})
			},
			check: func(b *badAssignment) {
				b.f.Expect(b.patches()).To(And(BeNumerically(">=", 20), BeNumerically("<=", 24)), "those in flight, and no more")
				b.f.Expect(b.assignment.Status.Failures).To(HaveLen(1))
				b.f.Expect(b.assignment.Status.Failures[0]).To(And(HaveField("Reason", v1alpha1.ReasonRefused), HaveField("Code", HaveValue(BeEquivalentTo(400118)))))
			},
		},
	}
}

func badTogether() []badAssignmentCase {
	return []badAssignmentCase{
		{
			name: "only reported", reason: v1alpha1.ReasonPlanOnly, words: []string{"in mode Report nothing is changed: 1 person would get the licence", "1 would lose one"}, check: unsent,
			spoil: func(b *badAssignment) { b.assignment.Spec.Mode = v1alpha1.AssignmentModeReport },
		},
		{
			name: "not allowed by the customer", reason: v1alpha1.ReasonWritingLocked, words: []string{"spec.assignment of the customer is missing: add it"}, check: unsent,
			spoil: func(b *badAssignment) { b.customer.Spec.Assignment = nil },
		},
		{
			name: "two that disagree", reason: v1alpha1.ReasonConflict, words: []string{"offer code"},
			spoil: func(b *badAssignment) {
				b.org.AddLicense(webexsim.LicenseSpec{Name: "Messaging elsewhere", OfferCode: "MS", Total: 50, Subscription: "Sub2000001"})
				b.keepAllHolders()
				b.assignment.Spec.License = v1alpha1.LicenseSelector{Name: "Advanced Messaging"}
				other := b.another(b.name+"-other", v1alpha1.Subjects{Emails: []string{b.org.PersonEmail(newcomer)}})
				other.Spec.License = v1alpha1.LicenseSelector{Name: "Messaging elsewhere"}
				b.others = append(b.others, other)
			},
		},
		{
			name: "removal in one of two", reason: v1alpha1.ReasonInSync, adds: true,
			spoil: func(b *badAssignment) {
				b.others = append(b.others, b.another(b.name+"-other", v1alpha1.Subjects{Emails: []string{b.org.PersonEmail(0)}}))
			},
		},
		{
			name: "one of two unresolved", reason: v1alpha1.ReasonInSync, adds: true,
			spoil: func(b *badAssignment) {
				other := b.another(b.name+"-other", v1alpha1.Subjects{EmailsFrom: []v1alpha1.EmailSource{{Name: "never"}}})
				other.Spec.Unlisted = v1alpha1.UnlistedRemove
				b.others = append(b.others, other)
			},
		},
	}
}
