package survey

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)

func TestPageSizesAreRemembered(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var m Memory
	g.Expect(m.PageSize("1", "list people", 100, noon)).To(Equal(100))
	m.Shrunk("1", "list people", 50, noon)
	m.Shrunk("1", "list people", 25, noon)
	g.Expect(m.PageSize("1", "list people", 100, noon.Add(pageMemory-time.Second))).To(Equal(25))
	g.Expect(m.PageSize("1", "list workspaces", 100, noon)).To(Equal(100), "another list")
	g.Expect(m.PageSize("2", "list people", 100, noon)).To(Equal(100), "another organization")
	g.Expect(m.PageSize("1", "list people", 100, noon.Add(pageMemory))).To(Equal(100), "another day")
	_, known := m.Survey("1", noon)
	g.Expect(known).To(BeFalse(), "of the people nothing was seen")
	m.Shrunk("2", "list workspaces", 50, noon.Add(Lasts))
	g.Expect(m.known).To(HaveLen(1), "what is over takes no memory")
}

func TestRefusedAuditIsRemembered(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var m Memory
	g.Expect(m.AuditRefused("1", "", noon)).To(BeFalse())
	m.RefuseAudit("1", "7", noon)
	g.Expect(m.AuditRefused("1", "7", noon.Add(auditMemory-time.Second))).To(BeTrue())
	g.Expect(m.AuditRefused("2", "7", noon)).To(BeFalse(), "another customer")
	g.Expect(m.AuditRefused("1", "8", noon)).To(BeFalse(), "other credentials")
	g.Expect(m.AuditRefused("1", "7", noon.Add(auditMemory))).To(BeFalse(), "another day")
	m.RefuseAudit("2", "7", noon.Add(Lasts))
	g.Expect(m.known).To(HaveLen(1), "what is over takes no memory")
}
