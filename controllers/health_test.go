package controllers

import (
	"os"
	"path/filepath"
	"testing"

	. "github.com/onsi/gomega"
	lua "github.com/yuin/gopher-lua"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	kstatus "sigs.k8s.io/cli-utils/pkg/kstatus/status"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/internal/status"
)

// argoHealth is what config/argocd/health.lua says about an object.
func argoHealth(g Gomega, object *unstructured.Unstructured) (health, message string) {
	script, err := os.ReadFile(filepath.Join("..", "config", "argocd", "health.lua"))
	g.Expect(err).NotTo(HaveOccurred())
	result := argo(g, string(script), object)
	return result.RawGetString("status").String(), result.RawGetString("message").String()
}

// argo is what a script makes of an object, in the interpreter that Argo CD has.
func argo(g Gomega, script string, object *unstructured.Unstructured) *lua.LTable {
	state := lua.NewState(lua.Options{SkipOpenLibs: true})
	defer state.Close()
	open := func(name string, library lua.LGFunction) {
		g.Expect(state.CallByParam(lua.P{Fn: state.NewFunction(library), Protect: true}, lua.LString(name))).To(Succeed())
	}
	// Argo CD opens no library but these three, and has two functions of os for those who require it.
	open(lua.LoadLibName, lua.OpenPackage)
	open(lua.BaseLibName, lua.OpenBase)
	open(lua.TabLibName, lua.OpenTable)
	state.PreloadModule(lua.OsLibName, func(state *lua.LState) int {
		open(lua.OsLibName, lua.OpenOs)
		all, safe := state.GetGlobal(lua.OsLibName).(*lua.LTable), state.NewTable()
		for _, name := range []string{"time", "date"} {
			safe.RawSetString(name, all.RawGetString(name))
		}
		state.SetGlobal(lua.OsLibName, lua.LNil)
		state.Push(safe)
		return 1
	})
	state.SetGlobal("obj", luaValue(state, object.Object))
	g.Expect(state.DoString(script)).To(Succeed())
	result, ok := state.Get(-1).(*lua.LTable)
	g.Expect(ok).To(BeTrue())
	return result
}

func luaValue(state *lua.LState, value any) lua.LValue {
	switch v := value.(type) {
	case map[string]any:
		table := state.NewTable()
		for key, inner := range v {
			table.RawSetString(key, luaValue(state, inner))
		}
		return table
	case []any:
		table := state.NewTable()
		for _, inner := range v {
			table.Append(luaValue(state, inner))
		}
		return table
	case string:
		return lua.LString(v)
	case bool:
		return lua.LBool(v)
	case int64:
		return lua.LNumber(v)
	}
	return lua.LNil
}

// kstatus and Argo CD come to the same verdict about whatever the operator writes.
func TestHealth(t *testing.T) {
	t.Parallel()
	detail := status.Detail{Reason: "Because", Message: "of this"}
	summary := func(ready metav1.ConditionStatus, reconciling *status.Detail, stalled bool) []metav1.Condition {
		return status.Summary{Ready: ready, Detail: detail, Reconciling: reconciling, Stalled: stalled}.Conditions()
	}
	for name, test := range map[string]struct {
		conditions []metav1.Condition
		observed   int64
		kstatus    kstatus.Status
		argo       string
		message    string
	}{
		"ready":                 {summary(metav1.ConditionTrue, nil, false), 2, kstatus.CurrentStatus, "Healthy", "of this"},
		"ready, at work":        {summary(metav1.ConditionTrue, &detail, false), 2, kstatus.InProgressStatus, "Progressing", "Because: of this"},
		"not ready, at work":    {summary(metav1.ConditionFalse, &detail, false), 2, kstatus.InProgressStatus, "Progressing", "Because: of this"},
		"unknown, at work":      {summary(metav1.ConditionUnknown, &detail, false), 2, kstatus.InProgressStatus, "Progressing", "Because: of this"},
		"stalled":               {summary(metav1.ConditionFalse, nil, true), 2, kstatus.FailedStatus, "Degraded", "Because: of this"},
		"an older spec":         {summary(metav1.ConditionTrue, nil, false), 1, kstatus.InProgressStatus, "Progressing", "waiting for the operator"},
		"an older spec's error": {summary(metav1.ConditionFalse, nil, true), 1, kstatus.InProgressStatus, "Progressing", "waiting for the operator"},
		"not looked at":         {nil, -1, kstatus.InProgressStatus, "Progressing", "waiting for the operator"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, kind := range []string{"WebexCustomerAccess", "LicenseSync", "LicenseSyncSchedule", "WebexLicenseAssignment", "WebexLicense"} {
				g := NewWithT(t)
				object := judged(g, kind, test.conditions, test.observed)
				computed, err := kstatus.Compute(object)
				g.Expect(err).NotTo(HaveOccurred())
				health, message := argoHealth(g, object)
				if kind == "WebexLicense" {
					g.Expect(health).To(Equal("Healthy"), kind)
					continue
				}
				g.Expect(computed.Status).To(Equal(test.kstatus), kind)
				g.Expect(health).To(Equal(test.argo), kind)
				g.Expect(message).To(Equal(test.message), kind)

				g.Expect(unstructured.SetNestedField(object.Object, true, "spec", "suspend")).To(Succeed())
				health, _ = argoHealth(g, object)
				if test.argo == "Healthy" {
					g.Expect(health).To(Equal("Suspended"), kind)
				} else {
					g.Expect(health).To(Equal(test.argo), kind)
				}
				object.SetDeletionTimestamp(&metav1.Time{Time: metav1.Now().Time})
				health, _ = argoHealth(g, object)
				g.Expect(health).To(Equal("Progressing"), kind)
			}
		})
	}

	g := NewWithT(t)
	fresh := judged(g, "LicenseSync", nil, 2)
	unstructured.RemoveNestedField(fresh.Object, "status")
	health, _ := argoHealth(g, fresh)
	g.Expect(health).To(Equal("Progressing"), "no status at all")
}

// judged is an object of generation 2 with conditions as the operator writes them.
func judged(g Gomega, kind string, desired []metav1.Condition, observed int64) *unstructured.Unstructured {
	object := &unstructured.Unstructured{Object: map[string]any{
		"spec": map[string]any{}, "status": map[string]any{"observedGeneration": observed},
	}}
	object.SetGroupVersionKind(v1alpha1.GroupVersion.WithKind(kind))
	object.SetName("any")
	object.SetGeneration(2)
	list := []any{}
	for _, condition := range status.Merge(nil, desired, observed, metav1.Now()) {
		list = append(list, map[string]any{
			"type": condition.Type, "status": string(condition.Status), "reason": condition.Reason, "message": condition.Message,
			"observedGeneration": condition.ObservedGeneration, "lastTransitionTime": condition.LastTransitionTime.UTC().Format("2006-01-02T15:04:05Z"),
		})
	}
	if desired != nil {
		g.Expect(unstructured.SetNestedSlice(object.Object, list, "status", "conditions")).To(Succeed())
	}
	return object
}
