package controllers

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	lua "github.com/yuin/gopher-lua"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
)

// The action of Argo CD asks for a run as a person with kubectl does, and does not where the operator would start none.
func TestArgoActions(t *testing.T) {
	t.Parallel()
	var actions struct {
		Discovery   string `json:"discovery.lua"`
		Definitions []struct {
			Name   string `json:"name"`
			Action string `json:"action.lua"`
		} `json:"definitions"`
	}
	g := NewWithT(t)
	content, err := os.ReadFile(filepath.Join("..", "config", "argocd", "actions.yaml"))
	g.Expect(err).NotTo(HaveOccurred())
	g.Expect(yaml.UnmarshalStrict(content, &actions)).To(Succeed())
	g.Expect(actions.Definitions).To(HaveLen(1))
	g.Expect(actions.Definitions[0].Name).To(Equal("sync"))

	page, err := os.ReadFile(filepath.Join("..", "docs", "gitops.md"))
	g.Expect(err).NotTo(HaveOccurred())
	for _, kind := range []string{"WebexCustomerAccess", "LicenseSyncSchedule", "WebexPartner"} {
		g.Expect(string(page)).To(ContainSubstring("resource.customizations.actions." + v1alpha1.GroupName + "_" + kind + "=actions.yaml\n"))
		object := judged(g, kind, nil, 2)
		disabled := func() lua.LValue {
			sync, ok := argo(g, actions.Discovery, object).RawGetString("sync").(*lua.LTable)
			g.Expect(ok).To(BeTrue())
			return sync.RawGetString("disabled")
		}
		g.Expect(disabled()).To(Equal(lua.LFalse), kind)
		for suspended, want := range map[bool]lua.LValue{false: lua.LFalse, true: lua.LTrue} {
			g.Expect(unstructured.SetNestedField(object.Object, suspended, "spec", "suspend")).To(Succeed())
			g.Expect(disabled()).To(Equal(want), kind)
		}

		for _, before := range []map[string]string{nil, {"kept": "yes", v1alpha1.AnnotationRequestedAt: "before"}} {
			object.SetAnnotations(before)
			began := time.Now().Truncate(time.Second)
			metadata, ok := argo(g, actions.Definitions[0].Action, object).RawGetString("metadata").(*lua.LTable)
			g.Expect(ok).To(BeTrue())
			g.Expect(metadata.RawGetString("name").String()).To(Equal(object.GetName()))
			annotations, ok := metadata.RawGetString("annotations").(*lua.LTable)
			g.Expect(ok).To(BeTrue())
			at, err := time.Parse(time.RFC3339, annotations.RawGetString(v1alpha1.AnnotationRequestedAt).String())
			g.Expect(err).NotTo(HaveOccurred())
			g.Expect(at).To(BeTemporally("~", began, time.Minute))
			if before != nil {
				g.Expect(annotations.RawGetString("kept").String()).To(Equal("yes"))
			}
		}
	}
}
