package syncrun

import (
	"testing"
	"time"

	. "github.com/onsi/gomega"
)

func TestPageSizes(t *testing.T) {
	t.Parallel()
	g := NewWithT(t)
	var p pageSizes
	people, workspaces := pageKey{"1", "list people"}, pageKey{"1", "list workspaces"}
	g.Expect(p.get(people, 100, noon)).To(Equal(100))
	p.set(people, 50, noon)
	p.set(people, 25, noon)
	g.Expect(p.get(people, 100, noon.Add(pageMemory-time.Second))).To(Equal(25))
	g.Expect(p.get(workspaces, 100, noon)).To(Equal(100), "another list")
	g.Expect(p.get(pageKey{"2", "list people"}, 100, noon)).To(Equal(100), "another organization")
	g.Expect(p.get(people, 100, noon.Add(pageMemory))).To(Equal(100), "another day")
	p.set(workspaces, 50, noon.Add(pageMemory))
	g.Expect(p.known).To(HaveLen(1), "what is over takes no memory")
}

var noon = time.Date(2026, 9, 1, 12, 0, 0, 0, time.UTC)
