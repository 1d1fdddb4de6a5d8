package config

import (
	"testing"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/controlplane"
)

// testPeople does as people with Kubernetes' own roles in one namespace what they would do:
// the operator's roles are part of those, and reach no further.
func testPeople(t *testing.T, cluster *controlplane.ControlPlane) {
	root := as(t, cluster, "root", "system:masters")
	for _, name := range []string{"theirs", "others"} {
		create(t, root, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}})
		create(t, root, &corev1.Secret{ObjectMeta: metav1.ObjectMeta{Namespace: name, Name: "acme"}, StringData: map[string]string{"accessToken": "replace-me"}})
		create(t, root, newCustomer(name, "acme"))
		create(t, root, newRow(name, "row"))
		create(t, root, newRow(name, "kept"))
		create(t, root, newAssignment(name, "sales"))
	}
	bindRoles(t, cluster, "theirs", "webexlicenses", "view", "edit", "admin")
	bindRoles(t, cluster, "theirs", "webexlicenseassignments", assignmentRoles("viewer", "editor", "admin")...)
	const forbidden = "is forbidden"
	view, edit, admin := as(t, cluster, "view"), as(t, cluster, "edit"), as(t, cluster, "admin")
	list := func(c client.Client, objects client.ObjectList, namespace string) func() error {
		return func() error { return c.List(t.Context(), objects, client.InNamespace(namespace)) }
	}
	get := func(c client.Client, object client.Object, namespace, name string) func() error {
		return func() error {
			return c.Get(t.Context(), client.ObjectKey{Namespace: namespace, Name: name}, object)
		}
	}
	run := func(name string) *v1alpha1.LicenseSync {
		return &v1alpha1.LicenseSync{
			ObjectMeta: metav1.ObjectMeta{Namespace: "theirs", Name: name},
			Spec:       v1alpha1.LicenseSyncSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: "acme"}},
		}
	}
	schedule := &v1alpha1.LicenseSyncSchedule{
		ObjectMeta: metav1.ObjectMeta{Namespace: "theirs", Name: "nightly"},
		Spec:       v1alpha1.LicenseSyncScheduleSpec{CustomerAccessRef: &v1alpha1.LocalCustomerReference{Name: "acme"}, Schedule: "0 2 * * *"},
	}
	acme := newCustomer("theirs", "acme")
	attempts{
		{"view", "list rows", list(view, &v1alpha1.WebexLicenseList{}, "theirs"), ""},
		{"view", "read a customer", get(view, &v1alpha1.WebexCustomerAccess{}, "theirs", "acme"), ""},
		{"view", "list rows of others", list(view, &v1alpha1.WebexLicenseList{}, "others"), forbidden},
		{"view", "list rows of all", list(view, &v1alpha1.WebexLicenseList{}, ""), forbidden},
		{"view", "read a Secret", get(view, &corev1.Secret{}, "theirs", "acme"), forbidden},
		{"view", "create a run", func() error { return view.Create(t.Context(), run("by-view")) }, forbidden},
		{"view", "delete a row", func() error { return view.Delete(t.Context(), newRow("theirs", "row")) }, forbidden},

		{"edit", "create a customer", func() error { return edit.Create(t.Context(), newCustomer("theirs", "globex")) }, ""},
		{"edit", "create a run", func() error { return edit.Create(t.Context(), run("by-edit")) }, ""},
		{"edit", "create a schedule", func() error { return edit.Create(t.Context(), schedule) }, ""},
		{"edit", "delete a row", func() error { return edit.Delete(t.Context(), newRow("theirs", "row")) }, ""},
		{"edit", "create a row", func() error { return edit.Create(t.Context(), newRow("theirs", "made-up")) }, forbidden},
		{"edit", "write the status of a customer", func() error { return mergeStatus(edit, t, acme, `{"status":{"observedGeneration":1}}`) }, forbidden},
		{"edit", "delete all customers", func() error {
			return edit.DeleteAllOf(t.Context(), &v1alpha1.WebexCustomerAccess{}, client.InNamespace("theirs"))
		}, forbidden},
		{"edit", "create a customer among others", func() error { return edit.Create(t.Context(), newCustomer("others", "globex")) }, forbidden},
		{"edit", "read a customer of others", get(edit, &v1alpha1.WebexCustomerAccess{}, "others", "acme"), forbidden},
		{"edit", "list customers of all", list(edit, &v1alpha1.WebexCustomerAccessList{}, ""), forbidden},
		{"edit", "read a Secret of others", get(edit, &corev1.Secret{}, "others", "acme"), forbidden},

		{"admin", "restore a row", func() error { return admin.Create(t.Context(), newRow("theirs", "restored")) }, ""},
		{"admin", "write figures", func() error {
			return mergeStatus(admin, t, newRow("theirs", "kept"), `{"status":{"totalUnits":1}}`)
		}, forbidden},
		{"admin", "delete all customers", func() error {
			return admin.DeleteAllOf(t.Context(), &v1alpha1.WebexCustomerAccess{}, client.InNamespace("theirs"))
		}, ""},
		{"admin", "list rows of others", list(admin, &v1alpha1.WebexLicenseList{}, "others"), forbidden},
	}.run(t)
	testAssignmentRoles(t, cluster)
}

// testAssignmentRoles: assignments hold addresses, so that none of Kubernetes' own roles shows
// or changes them. Those about them reach no further than their namespace.
func testAssignmentRoles(t *testing.T, cluster *controlplane.ControlPlane) {
	const forbidden = "is forbidden"
	sales := newAssignment("theirs", "sales")
	tries := attempts{}
	try := func(who, what, refused string, do func(c client.Client) error) {
		tries = append(tries, struct {
			who, what string
			do        func() error
			refused   string
		}{who, what, func() error { return do(as(t, cluster, who)) }, refused})
	}
	read := func(c client.Client) error {
		return c.Get(t.Context(), client.ObjectKeyFromObject(sales), &v1alpha1.WebexLicenseAssignment{})
	}
	list := func(namespace string) func(c client.Client) error {
		return func(c client.Client) error {
			return c.List(t.Context(), &v1alpha1.WebexLicenseAssignmentList{}, client.InNamespace(namespace))
		}
	}
	enforce := func(c client.Client) error {
		return merge(c, t, sales.DeepCopy(), `{"spec":{"mode":"Enforce"}}`)
	}
	approve := func(c client.Client) error {
		return merge(c, t, sales.DeepCopy(), `{"metadata":{"annotations":{"`+v1alpha1.AnnotationApproveRemovals+`":"x"}}}`)
	}
	clear := func(c client.Client) error {
		return c.DeleteAllOf(t.Context(), &v1alpha1.WebexLicenseAssignment{}, client.InNamespace("theirs"))
	}
	for _, who := range []string{"view", "edit", "admin"} {
		try(who, "read an assignment", forbidden, read)
		try(who, "list assignments", forbidden, list("theirs"))
		try(who, "enforce an assignment", forbidden, enforce)
		try(who, "create an assignment", forbidden, func(c client.Client) error { return c.Create(t.Context(), newAssignment("theirs", who)) })
		try(who, "delete an assignment", forbidden, func(c client.Client) error { return c.Delete(t.Context(), sales.DeepCopy()) })
	}
	roles := assignmentRoles("viewer", "editor", "admin")
	viewer, editor, admin := roles[0], roles[1], roles[2]
	for _, who := range roles {
		try(who, "read an assignment", "", read)
		try(who, "list assignments", "", list("theirs"))
		try(who, "list assignments of others", forbidden, list("others"))
		try(who, "write a status", forbidden, func(c client.Client) error {
			return mergeStatus(c, t, sales.DeepCopy(), `{"status":{"held":{"token":"x"}}}`)
		})
	}
	try(viewer, "enforce an assignment", forbidden, enforce)
	try(viewer, "approve removals", forbidden, approve)
	try(editor, "enforce an assignment", "", enforce)
	try(editor, "approve removals", "", approve)
	try(editor, "delete all assignments", forbidden, clear)
	try(admin, "delete all assignments", "", clear)
	tries.run(t)
}

// assignmentRoles are names of the roles of config/rbac about assignments.
func assignmentRoles(kinds ...string) []string {
	for i := range kinds {
		kinds[i] = "webex-license-operator-webexlicenseassignment-" + kinds[i] + "-role"
	}
	return kinds
}

func newAssignment(namespace, name string) *v1alpha1.WebexLicenseAssignment {
	return &v1alpha1.WebexLicenseAssignment{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec: v1alpha1.WebexLicenseAssignmentSpec{
			CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: "acme"},
			License:           v1alpha1.LicenseSelector{OfferCode: "EE"},
			Subjects:          v1alpha1.Subjects{Groups: []string{"Sales"}},
		},
	}
}

func newCustomer(namespace, name string) *v1alpha1.WebexCustomerAccess {
	return &v1alpha1.WebexCustomerAccess{
		ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: name},
		Spec:       v1alpha1.WebexCustomerAccessSpec{CredentialsSecretRef: v1alpha1.CredentialsSecretReference{Name: name}},
	}
}

func newRow(namespace, name string, owners ...metav1.OwnerReference) *v1alpha1.WebexLicense {
	return &v1alpha1.WebexLicense{
		ObjectMeta: metav1.ObjectMeta{
			Namespace: namespace, Name: name, OwnerReferences: owners,
			Labels: map[string]string{v1alpha1.LabelLevel: "Customer"},
		},
		Spec: v1alpha1.WebexLicenseSpec{CustomerAccessRef: v1alpha1.LocalCustomerReference{Name: "acme"}, LicenseID: name, Level: v1alpha1.LevelCustomer},
	}
}

// bindRoles gives each role to a user of the same name, and waits until the API server lets
// that user list a resource of ours.
func bindRoles(t *testing.T, cluster *controlplane.ControlPlane, namespace, resource string, roles ...string) {
	t.Helper()
	clientset, err := kubernetes.NewForConfig(cluster.Config)
	if err != nil {
		t.Fatal(err)
	}
	for _, role := range roles {
		_, err := clientset.RbacV1().RoleBindings(namespace).Create(t.Context(), &rbacv1.RoleBinding{
			ObjectMeta: metav1.ObjectMeta{Name: role},
			RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: role},
			Subjects:   []rbacv1.Subject{{APIGroup: rbacv1.GroupName, Kind: rbacv1.UserKind, Name: role}},
		}, metav1.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if !eventuallyAllowed(t, clientset, true, authorizationv1.SubjectAccessReviewSpec{
			User:               role,
			ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: namespace, Verb: "list", Group: group, Resource: resource},
		}) {
			t.Fatalf("the role %s does not reach its user", role)
		}
	}
}
