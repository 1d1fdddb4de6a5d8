package webex

import (
	"errors"
	"io"
	"net/http"
	"testing"
	"time"
)

func TestServiceAppToken(t *testing.T) {
	t.Parallel()
	good := `{"access_token":"new-access","expires_in":3600,"refresh_token":"new-refresh","refresh_token_expires_in":7775999,"token_type":"Bearer"}`
	tests := map[string]struct {
		response func() *http.Response
		class    Class
		cause    error
	}{
		"issued":         {response: one(200, good)},
		"bad request":    {response: one(400, `{"message":"secret"}`), class: ClassAuth, cause: ErrServiceAppRefused},
		"caller refused": {response: one(401, `{"message":"secret"}`), class: ClassAuth, cause: ErrServiceAppRefused},
		"not authorized": {response: one(403, `{"message":"secret"}`), class: ClassAuth, cause: ErrServiceAppRefused},
		"no such app":    {response: one(404, `{"message":"secret"}`), class: ClassAuth, cause: ErrServiceAppRefused},
		"no such call":   {response: one(405, `{"message":"secret"}`), class: ClassAuth, cause: ErrServiceAppRefused},
		"a proxy's 403":  {response: one(403, `<html>`, "Content-Type: text/html"), class: ClassTransient, cause: ErrNotJSON},
		"429":            {response: one(429, ``), class: ClassRateLimited},
		"503":            {response: one(503, ``), class: ClassTransient},
		"redirect":       {response: one(307, ``, "Location: /v1/other"), class: ClassTransient, cause: ErrRedirect},
		"cut":            {response: func() *http.Response { return cut(good, 20) }, class: ClassTransient, cause: ErrCut},
		"no access":      {response: one(200, `{"refresh_token":"x"}`), class: ClassPartial, cause: ErrMissingField},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var sent string
			f := &fake{handler: func(r *http.Request) *http.Response {
				body, _ := io.ReadAll(r.Body)
				sent = r.Method + " " + r.URL.String() + " " + r.Header.Get("Authorization") + " " + r.Header.Get("Content-Type") + " " + string(body)
				return test.response()
			}}
			endpoints := TokenEndpoints{HTTP: &http.Client{Transport: f}, Now: func() time.Time { return noon }}
			got, err := endpoints.ServiceApp(t.Context(), ServiceAppGrant{
				ApplicationID: "app/id", ClientID: "id", ClientSecret: "secret", OrganizationID: theOrg, CallerToken: "caller",
			})
			if want := `POST https://webexapis.com/v1/applications/app%2Fid/token Bearer caller application/json {"clientId":"id","clientSecret":"secret","targetOrgId":"` + theOrg.API() + `"}`; sent != want {
				t.Errorf("request %q", sent)
			}
			if f.count() != 1 || f.open.Load() != 0 {
				t.Errorf("%d requests, %d bodies open", f.count(), f.open.Load())
			}
			if test.class == ClassNone {
				want := tokenOf("new-refresh", noon.Add(time.Hour), noon.Add(7775999*time.Second))
				if err != nil || got != want {
					t.Errorf("error %v, token differs: %v", err, got != want)
				}
				return
			}
			e := theError(t, err, test.class)
			if test.cause != nil && !errors.Is(e, test.cause) || got != (Token{}) {
				t.Errorf("error %v", e)
			}
		})
	}
}

// A token that no header can carry is not sent anywhere.
func TestServiceAppTokenNeedsCaller(t *testing.T) {
	t.Parallel()
	f := &fake{handler: func(*http.Request) *http.Response { return answer(200, `{}`) }}
	for _, caller := range []string{"", "a b", "a\nb"} {
		_, err := TokenEndpoints{HTTP: &http.Client{Transport: f}}.ServiceApp(t.Context(), ServiceAppGrant{ApplicationID: "app", CallerToken: caller})
		if e := theError(t, err, ClassAuth); f.count() != 0 {
			t.Errorf("%q was sent: %v", caller, e)
		}
	}
}
