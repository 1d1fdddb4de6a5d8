package e2e

import (
	"strings"
	"syscall"
	"testing"
	"time"

	. "github.com/onsi/gomega"
	"golang.org/x/sys/unix"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/api/v1alpha1"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// A person answers on a terminal: the secrets are not shown, and the choices are
// those of the organization.
func TestConnectConversation(t *testing.T) {
	w := newWorld(t, 1)
	namespace := w.namespaces[0]
	w.sim.SetOptions(func(o *webexsim.Options) { o.RefreshMode, o.ReuseTokenWithin = webexsim.RefreshRotate, time.Nanosecond })
	org := w.organization(webexsim.TwoSubscriptionOrganization())
	token := w.sim.IssueToken(webexsim.TokenSpec{Organization: org.UUID(), WithRefresh: true})
	text := w.converse(append([]string{"webex", "connect", "--wait"}, w.connection(namespace)...), []exchange{
		{prompt: "Name for the customer", answer: "globex"},
		{prompt: "Number:", answer: "2"},
		{prompt: "Client id:", answer: token.ClientID},
		{prompt: "Client secret:", answer: token.ClientSecret, hidden: true},
		{prompt: "Refresh token:", answer: token.Refresh, hidden: true},
		{prompt: ", or none:", answer: "0 3 * * *"},
		{prompt: "at once? [y/N]", answer: "y"},
		{prompt: "Enter to decide later:", answer: "Sub2000002"},
		{prompt: "For which Meetings site", answer: ""},
		{prompt: "Enter to decide later:", answer: "2"},
		{prompt: "Write this to namespace " + namespace + "? [y/N]", answer: "y"},
		{prompt: "globex: 7 licences, 2 locations: ", answer: ""},
	})
	w.noSecrets(text)
	customer := &v1alpha1.WebexCustomerAccess{}
	w.Expect(w.client.Get(w.ctx, client.ObjectKey{Namespace: namespace, Name: "globex"}, customer)).To(Succeed())
	w.Expect(customer.Spec.DefaultSubscription).To(Equal("Sub2000002"))
	w.Expect(customer.Spec.DefaultSiteURL).To(Equal("globex.example.webex.com"))
	w.Expect(customer.Status.Totals).NotTo(BeNil())
	schedule := &v1alpha1.LicenseSyncSchedule{}
	w.Expect(w.client.Get(w.ctx, client.ObjectKey{Namespace: namespace, Name: "globex"}, schedule)).To(Succeed())
	w.Expect(schedule.Spec.Schedule).To(Equal("0 3 * * *"))
	w.Expect(schedule.Spec.CustomerAccessRef.Name).To(Equal("globex"))
}

// exchange is what a person waits for, and what is typed then; nothing if empty.
type exchange struct {
	prompt, answer string
	// hidden says that the terminal must not show it.
	hidden bool
}

// converse runs a command on a pseudo-terminal and answers its questions in turn. It
// returns all that was shown.
func (w *world) converse(args []string, script []exchange) string {
	w.t.Helper()
	const columns, height = 200, 60
	master, slave := openTerminal(w.t, columns, height)
	command := w.command(args...)
	command.Env = append(command.Env, "TERM=xterm-256color", "NO_COLOR=1")
	command.Stdin, command.Stdout, command.Stderr = slave, slave, slave
	command.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	w.Expect(command.Start()).To(Succeed())
	_ = slave.Close() // the child has its own
	// A question that the script does not know ends the test, not the time of all tests.
	defer time.AfterFunc(3*time.Minute, func() { _ = command.Process.Kill() }).Stop()
	var shown, unread string
	for _, x := range script {
		buffer := make([]byte, 4096)
		for !strings.Contains(unread, x.prompt) {
			n, err := master.Read(buffer)
			shown, unread = shown+string(buffer[:n]), unread+string(buffer[:n])
			if err != nil {
				_ = command.Wait() // its output says why
				w.t.Fatalf("no %q in what is left of\n%s", x.prompt, shown)
			}
		}
		_, unread, _ = strings.Cut(unread, x.prompt)
		if x.hidden {
			w.Eventually(func() (bool, error) {
				state, err := unix.IoctlGetTermios(int(master.Fd()), unix.TCGETS) //nolint:gosec // a file descriptor is a small number
				return err == nil && state.Lflag&unix.ECHO == 0, err
			}).Should(BeTrue(), "the terminal shows what is typed after "+x.prompt)
		}
		if x.answer != "" {
			_, err := master.WriteString(x.answer + "\n")
			w.Expect(err).NotTo(HaveOccurred())
		}
	}
	if err := command.Wait(); err != nil {
		w.t.Errorf("%v\n%s", err, shown)
	}
	return shown
}
