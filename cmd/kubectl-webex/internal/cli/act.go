package cli

import (
	"context"
	"encoding/json"
	"errors"
	"strings"

	"k8s.io/apimachinery/pkg/types"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/cmd/kubectl-webex/internal/cluster"
	"github.com/webex-operator/webex-license-operator/internal/partner"
)

const fieldManager = client.FieldOwner("kubectl-webex")

// get reads an object by name; what and remedy are for the error.
func get(ctx context.Context, session *cluster.Session, object client.Object, what, name, remedy string) error {
	err := session.Client.Get(ctx, client.ObjectKey{Namespace: session.Namespace, Name: name}, object)
	if cluster.IsNotFound(err) {
		return cluster.NotFound(session, what, name, remedy)
	}
	return cluster.Explain(err)
}

func patch(ctx context.Context, session *cluster.Session, object client.Object, change map[string]any) error {
	data, err := json.Marshal(change)
	if err != nil {
		return err
	}
	return cluster.Explain(session.Client.Patch(ctx, object, client.RawPatch(types.MergePatchType, data), fieldManager))
}

// otherOwner is who else sets a field of the spec, and may set it back: a tool
// that applies manifests from Git, for example. A partner gives way to a person.
func otherOwner(object client.Object, field string) string {
	for _, entry := range object.GetManagedFields() {
		if entry.Manager == string(fieldManager) || strings.HasPrefix(entry.Manager, partner.FieldManager("")) || entry.Operation != "Apply" || entry.FieldsV1 == nil {
			continue
		}
		var fields struct {
			Spec map[string]any `json:"f:spec"`
		}
		if json.Unmarshal(entry.FieldsV1.GetRawBytes(), &fields) == nil && fields.Spec["f:"+field] != nil {
			return entry.Manager
		}
	}
	return ""
}

// confirm asks a person. Without one, yes must be given.
func (a *app) confirm(ctx context.Context, question string, yes bool) error {
	if yes {
		return nil
	}
	if !a.InLive {
		return usagef("there is no terminal to ask on: add --yes")
	}
	answer, err := a.ask(ctx, question+" [y/N]")
	if err != nil && !errors.Is(err, errNoAnswer) {
		return err
	}
	switch strings.ToLower(answer) {
	case "y", "yes":
		return nil
	}
	return errNotConfirmed
}

var errNotConfirmed = errors.New("not confirmed: nothing was changed")
