package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strconv"

	"github.com/webex-operator/webex-license-operator/test/simulator"
	"github.com/webex-operator/webex-license-operator/test/webexsim"
)

const partnerToken = "partner-token" //nolint:gosec // the simulator's only

// startSimulator serves the organizations of a group, whose seeds count up from the first, and gives them tokens.
func startSimulator(ctx context.Context, binary, dir string, g Group, seed int) (*simulator.Simulator, error) {
	options := []byte("{}")
	if g.Webex != nil {
		var err error
		if options, err = json.Marshal(g.Webex); err != nil {
			return nil, err
		}
	}
	sim, err := simulator.Start(ctx, binary, dir, g.Name,
		"-org=generated", "-generated="+strconv.Itoa(g.Customers), "-seed="+strconv.Itoa(seed), "-people="+strconv.Itoa(g.People), "-licenses="+strconv.Itoa(g.Licenses),
		"-locations="+strconv.Itoa(max(g.Locations, 1)), "-latency="+g.Latency.Duration.String(), "-options="+string(options))
	if err != nil {
		return nil, err
	}
	if err := issueTokens(ctx, sim, g); err != nil {
		sim.Kill()
		return nil, err
	}
	return sim, nil
}

// issueTokens gives each organization a token, or its partner one for all.
func issueTokens(ctx context.Context, sim *simulator.Simulator, g Group) error {
	if g.Partner {
		spec := webexsim.TokenSpec{Organization: sim.Organizations[0], Organizations: sim.Organizations[1:], Owner: "partner", Access: partnerToken, Partner: true}
		return sim.Do(ctx, http.MethodPost, "/tokens", spec, nil)
	}
	for _, uuid := range sim.Organizations {
		if err := sim.Do(ctx, http.MethodPost, "/tokens", webexsim.TokenSpec{Organization: uuid, Access: tokenOf(uuid)}, nil); err != nil {
			return err
		}
	}
	return nil
}

// tokenOf is the token of an organization without a partner.
func tokenOf(uuid string) string { return "token-" + uuid }
