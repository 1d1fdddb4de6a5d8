package soak

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/controller-runtime/pkg/client"

	"github.com/webex-operator/webex-license-operator/internal/access"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

// stored is what the operator keeps of a customer's tokens; nil if nothing.
func (w *world) stored(c *customer) *corev1.Secret {
	name := access.TokenSecretName(c.secret.name, "")
	if c.secret.bootstrap {
		name = access.TokenSecretName(c.secret.name, c.org.UUID()[:8])
	}
	secret := &corev1.Secret{ObjectMeta: w.meta(name)}
	found := false
	w.do("reading tokens", func() error {
		err := w.client.Get(w.ctx, client.ObjectKeyFromObject(secret), secret)
		found = err == nil
		return client.IgnoreNotFound(err)
	})
	if !found {
		return nil
	}
	return secret
}

// accessToken is the one in use; empty if there is none.
func (w *world) accessToken(c *customer) string {
	if secret := w.stored(c); secret != nil {
		return string(secret.Data[access.KeyAccessToken])
	}
	return ""
}

// works says whether the refresh token that the operator keeps still brings an
// access token. To find out does not change it: meanwhile the service replaces none.
func (w *world) works(c *customer) bool {
	refresh, clientID, clientSecret := c.secret.token.Refresh, c.secret.token.ClientID, c.secret.token.ClientSecret
	if secret := w.stored(c); secret != nil {
		refresh = string(secret.Data[access.KeyRefreshToken])
	}
	if c.secret.bootstrap {
		for _, app := range c.sim.ServiceApps() {
			clientID, clientSecret = app.ClientID, app.ClientSecret
		}
	}
	c.sim.SetOptions(func(o *webexsim.Options) { o.RefreshMode = webexsim.RefreshKeep })
	defer c.sim.SetOptions(func(o *webexsim.Options) { o.RefreshMode = c.mode })
	answer, err := c.sim.Client().PostForm(c.sim.URL()+"/access_token", url.Values{
		"grant_type": {"refresh_token"}, "client_id": {clientID}, "client_secret": {clientSecret}, "refresh_token": {refresh},
	})
	if err != nil {
		w.t.Errorf("asking for a token: %v", err)
		return false
	}
	_ = answer.Body.Close()
	w.note("%s: the kept refresh token is answered %d", c.name, answer.StatusCode)
	return answer.StatusCode == http.StatusOK
}

// explain checks that a lost refresh token was lost in one of the two ways that
// nothing can be done about: the service replaced it and the answer did not
// arrive, or the manager was killed between the answer and storing it.
func (w *world) explain(c *customer) {
	cause, ok := w.causeOfLoss(c)
	w.note("%s: the refresh token is lost: %s", c.name, cause)
	w.t.Logf("%s: the refresh token is lost: %s", c.name, cause)
	w.tally("refresh tokens lost: " + strings.SplitN(cause, ",", 2)[0])
	if !ok {
		w.t.Errorf("%s: the refresh token is lost, and %s", c.name, cause)
	}
}

func (w *world) causeOfLoss(c *customer) (cause string, fate bool) {
	if c.mode != webexsim.RefreshRotate {
		return "the service never replaced it", false
	}
	// Times in the Secret have whole seconds.
	var kept time.Time
	if secret := w.stored(c); secret != nil {
		kept, _ = time.Parse(time.RFC3339, string(secret.Data["answeredAt"]))
	}
	w.manager.mu.Lock()
	kills := slices.Clone(w.manager.kills)
	w.manager.mu.Unlock()
	answered := 0
	for _, request := range c.sim.RequestLog() {
		lost := strings.HasPrefix(request.Rule, lossy)
		// The request for the pair that is kept came before it was answered.
		if request.Operation != tokenOperation || request.Owner != c.secret.owner || request.Time.Before(kept.Add(time.Second)) ||
			(request.Status != http.StatusOK && !lost) {
			continue
		}
		answered++
		if lost {
			return "the answer was lost on the way", true
		}
		for _, kill := range kills {
			if after := kill.Sub(request.Time); after > 0 && after-w.outage(request.Time, kill) < storing {
				return fmt.Sprintf("the manager was killed, %v after the request", after.Round(time.Millisecond)), true
			}
		}
	}
	return fmt.Sprintf("nothing explains it: %d answers since %s", answered, kept.Format(time.TimeOnly)), false
}

// storing is how long an answer and storing it may take: a slow answer of 1.5 s,
// and the rest for a slow machine.
const storing = 5 * time.Second

// outage is how long there was no API server between two times.
func (w *world) outage(from, until time.Time) (sum time.Duration) {
	w.up.RLock()
	defer w.up.RUnlock()
	for _, o := range w.outages {
		begin, end := o.from, o.until
		if begin.Before(from) {
			begin = from
		}
		if end.After(until) {
			end = until
		}
		sum += max(end.Sub(begin), 0)
	}
	return sum
}

// expectTokens checks, when all is over, that each pair of tokens still can be
// renewed, but for those that fate took.
func (w *world) expectTokens() {
	for _, c := range w.customers {
		if c.secret.renewable && !w.works(c) {
			w.explain(c)
		}
	}
}
